//! A browser of a test's own: headless Chromium, spoken to through chromedriver by WebDriver's
//! HTTP. Both end with the value, whatever becomes of the test: the kernel ends the driver with the
//! thread that started it, and the browser ends with the pipe between the two.

use crate::common::{PATIENCE, wait_until};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// One window.
pub struct Browser {
    /// Where the session answers, once there is one.
    session: String,
    /// The leader of a group, to which the browser belongs, too.
    driver: Child,
    /// Kept open: writing to nobody would end the driver.
    output: BufReader<ChildStdout>,
    /// The browser's profile, and the home of both programs.
    directory: TempDir,
}

impl Browser {
    /// A window without a page.
    pub fn start() -> Self {
        for program in ["chromedriver", "chromium"] {
            let found = Command::new(program).arg("--version").output();
            assert!(
                found.is_ok_and(|output| output.status.success()),
                "{program} is missing: type scripts/install browser, and try again"
            );
        }
        // By this name a later run removes what a killed one has left.
        let prefix = format!("atelier-test-{}-browser-", std::process::id());
        let directory = tempfile::Builder::new().prefix(&prefix).tempdir().unwrap();
        let log = format!("--log-path={}", directory.path().join("driver.log").display());
        let mut driver = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "chromedriver", "--port=0", &log])
            .env("HOME", directory.path())
            // Relative: the path of a socket that the browser makes in here has room for 107 bytes.
            .env("TMPDIR", ".")
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let output = BufReader::new(driver.stdout.take().unwrap());
        let mut browser = Self { session: String::new(), driver, output, directory };
        // ChromeDriver was started successfully on port 40113.
        let lines = browser.output.by_ref().lines().map_while(Result::ok);
        let started = "started successfully on port ";
        let port: u16 = lines
            .filter_map(|line| line.split_once(started)?.1.trim_end_matches('.').parse().ok())
            .next()
            .expect("chromedriver tells its port");
        browser.session = format!("http://127.0.0.1:{port}/session");
        let id = browser.call("POST", "", &browser.capabilities())["sessionId"].clone();
        browser.session = format!("{}/{}", browser.session, id.as_str().unwrap());
        browser
    }

    fn capabilities(&self) -> Value {
        let profile =
            format!("--user-data-dir={}", self.directory.path().join("profile").display());
        json!({"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--window-size=1200,900",
                "--remote-debugging-pipe", profile,
            ]},
        }}})
    }

    /// One command, and what it gives; panics with the driver's sentence where it fails.
    fn call(&self, method: &str, command: &str, body: &Value) -> Value {
        self.try_call(method, command, body)
            .unwrap_or_else(|error| panic!("{method} {command}: {error}"))
    }

    fn try_call(&self, method: &str, command: &str, body: &Value) -> Result<Value, String> {
        let method = minreq::Method::Custom(method.to_owned());
        let url = format!("{}{command}", self.session);
        let mut request = minreq::Request::new(method, url).with_timeout(PATIENCE.as_secs());
        if !body.is_null() {
            request = request.with_body(body.to_string());
        }
        let reply = request.send().map_err(|error| error.to_string())?;
        let text = reply.as_str().map_err(|error| error.to_string())?;
        let mut value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match reply.status_code {
            200 => Ok(value["value"].take()),
            _ => Err(value["value"]["message"].to_string()),
        }
    }

    /// Loads a page; returns when it and its scripts are there, not all that they ask for.
    pub fn open(&self, url: &str) {
        self.call("POST", "/url", &json!({"url": url}));
    }

    /// What a function with this body returns in the page.
    pub fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The visible text of the first such element.
    pub fn text(&self, selector: &str) -> String {
        let text = self.on(selector, "GET", "text", &Value::Null);
        text.as_str().unwrap().to_owned()
    }

    /// Clicks in the middle of the first such element, as a mouse does.
    pub fn click(&self, selector: &str) {
        self.on(selector, "POST", "click", &json!({}));
    }

    /// Types into the first such element.
    pub fn type_into(&self, selector: &str, text: &str) {
        self.on(selector, "POST", "value", &json!({"text": text}));
    }

    fn on(&self, selector: &str, method: &str, command: &str, body: &Value) -> Value {
        let by = json!({"using": "css selector", "value": selector});
        let found = self.call("POST", "/element", &by);
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        self.call(method, &format!("/element/{id}/{command}"), body)
    }

    /// Waits until an expression is true in the page, also in one that is only being loaded.
    pub fn wait_for(&self, expression: &str) {
        let body = json!({"script": format!("return Boolean({expression})"), "args": []});
        let run = || self.try_call("POST", "/execute/sync", &body);
        wait_until(expression, || run().is_ok_and(|value| value == true));
    }

    /// What the page has written to the console since this was last asked, the browser's own
    /// complaints among it.
    pub fn console(&self) -> Vec<String> {
        let entries = self.call("POST", "/se/log", &json!({"type": "browser"}));
        let messages = entries.as_array().unwrap().iter().map(|entry| entry["message"].to_string());
        messages.collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // This ends the browser, and waits for it. Whatever else there is of the group ends hard.
        let _ = self.try_call("DELETE", "", &Value::Null);
        let _ = killpg(Pid::from_raw(self.driver.id().cast_signed()), Signal::SIGKILL);
        let _ = self.driver.wait();
        // A process that is about to end may still write into its profile.
        wait_until("the profile is removed", || {
            let _ = std::fs::remove_dir_all(self.directory.path());
            !self.directory.path().exists()
        });
    }
}
