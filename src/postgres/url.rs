//! The database URL: `postgres://user:password@host:port/database?parameter=value`, as libpq
//! and everything built on it spell it, parsed into a `Target`. Does not connect, and never
//! shows a password: not in `Debug`, not in `redacted`, not in an error.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::env;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub const PORT_DEFAULT: u16 = 5432;
pub const CONNECT_DEADLINE_DEFAULT: Duration = Duration::from_secs(3);
/// The longest wait that `connect_timeout` may ask for.
pub const CONNECT_DEADLINE_S_MAX: u64 = 600;
const HOST_DEFAULT: &str = "localhost";
const APPLICATION_NAME_DEFAULT: &str = "atelier";

/// The characters that `redacted` encodes.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name or an address, and the port.
    Tcp(String, u16),
    /// The directory of the socket, and the port that is part of the socket's name.
    Unix(PathBuf, u16),
}

/// All that is needed to open a session.
#[derive(Clone)]
pub struct Target {
    pub host: Host,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub application_name: String,
    /// From the name look-up to the server's readiness for a first statement.
    pub connect_deadline: Duration,
    /// Run-time settings sent at the start, as `("statement_timeout", "2000")`.
    pub options: Vec<(String, String)>,
}

impl Target {
    /// Parses a URL; what it leaves out comes from PGUSER, USER and PGPASSWORD.
    pub fn parse(url: &str) -> Result<Target, UrlError> {
        target_parse(url, |name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The same target with one more run-time setting, which replaces an earlier one of the
    /// same name.
    #[must_use]
    pub fn with_setting(mut self, name: &str, value: &str) -> Target {
        self.setting_put(name.to_owned(), value.to_owned());
        self
    }

    /// The target as a URL for logs and messages, without password and settings.
    pub fn redacted(&self) -> String {
        let user = utf8_percent_encode(&self.user, ENCODED);
        let database = utf8_percent_encode(&self.database, ENCODED);
        match &self.host {
            Host::Tcp(host, port) if host.contains(':') => {
                format!("postgres://{user}@[{host}]:{port}/{database}")
            }
            Host::Tcp(host, port) => format!("postgres://{user}@{host}:{port}/{database}"),
            Host::Unix(directory, port) => {
                let directory = directory.to_string_lossy();
                let directory = utf8_percent_encode(&directory, ENCODED);
                format!("postgres://{user}@/{database}?host={directory}&port={port}")
            }
        }
    }

    fn setting_put(&mut self, name: String, value: String) {
        match self.options.iter_mut().find(|(known, _)| *known == name) {
            Some(option) => option.1 = value,
            None => self.options.push((name, value)),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { application_name, connect_deadline, options, .. } = self;
        write!(out, "Target({} {application_name} ", self.redacted())?;
        write!(out, "{connect_deadline:?} {options:?})")
    }
}

/// What is wrong with a database URL, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlError(String);

impl fmt::Display for UrlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "database URL: {}", self.0)
    }
}

impl std::error::Error for UrlError {}

fn wrong<T>(what: impl Into<String>) -> Result<T, UrlError> {
    Err(UrlError(what.into()))
}

/// The parts of a URL as far as they are given.
#[derive(Default)]
struct Parts {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    application_name: Option<String>,
    connect_deadline: Option<Duration>,
    options: Vec<(String, String)>,
}

fn target_parse(url: &str, env: impl Fn(&str) -> Option<String>) -> Result<Target, UrlError> {
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))
    else {
        return wrong("must start with postgres:// or postgresql://");
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));

    let mut parts = Parts::default();
    let host_port = match authority.rsplit_once('@') {
        Some((login, host_port)) => {
            let (user, password) = match login.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (login, None),
            };
            parts.user = given(decoded(user, "user")?);
            parts.password = password.map(|text| decoded(text, "password")).transpose()?;
            host_port
        }
        None => authority,
    };
    host_port_parse(host_port, &mut parts)?;
    parts.database = given(decoded(path, "database")?);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return wrong("every parameter after `?` must be name=value");
        };
        parameter_parse(name, value, &mut parts)?;
    }
    target_of(parts, env)
}

fn target_of(parts: Parts, env: impl Fn(&str) -> Option<String>) -> Result<Target, UrlError> {
    let user = parts
        .user
        .or_else(|| env("PGUSER"))
        .or_else(|| env("USER"))
        .unwrap_or_else(|| "postgres".to_owned());
    let port = parts.port.unwrap_or(PORT_DEFAULT);
    let host = match parts.host.unwrap_or_else(|| HOST_DEFAULT.to_owned()) {
        host if host.contains(',') => return wrong("name one host only"),
        host if host.starts_with('/') => Host::Unix(host.into(), port),
        host => Host::Tcp(host, port),
    };
    let mut target = Target {
        host,
        database: parts.database.unwrap_or_else(|| user.clone()),
        user,
        password: parts.password.or_else(|| env("PGPASSWORD")),
        application_name: parts
            .application_name
            .unwrap_or_else(|| APPLICATION_NAME_DEFAULT.to_owned()),
        connect_deadline: parts.connect_deadline.unwrap_or(CONNECT_DEADLINE_DEFAULT),
        options: Vec::new(),
    };
    for (name, value) in parts.options {
        target.setting_put(name, value);
    }
    Ok(target)
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`, `:port` or nothing.
fn host_port_parse(text: &str, parts: &mut Parts) -> Result<(), UrlError> {
    let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let Some((host, rest)) = bracketed.split_once(']') else {
            return wrong("the bracket of the IPv6 address is not closed");
        };
        match rest.strip_prefix(':') {
            Some(port) => (host, port),
            None if rest.is_empty() => (host, ""),
            None => return wrong("only :port may follow the IPv6 address in brackets"),
        }
    } else {
        text.split_once(':').unwrap_or((text, ""))
    };
    parts.host = given(decoded(host, "host")?);
    if !port.is_empty() {
        parts.port = Some(port_parse(port)?);
    }
    Ok(())
}

fn port_parse(text: &str) -> Result<u16, UrlError> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        // The text is not repeated: it may be the rest of a password with a bare `/` or `@`.
        _ => wrong(
            "the port must be a number from 1 to 65535 \
             (in a password, write : / ? # @ % as %3A %2F %3F %23 %40 %25)",
        ),
    }
}

fn parameter_parse(name: &str, value: &str, parts: &mut Parts) -> Result<(), UrlError> {
    let text = decoded(value, "value of a parameter")?;
    match name {
        "host" => parts.host = given(text),
        "port" => parts.port = Some(port_parse(&text)?),
        "user" => parts.user = given(text),
        "password" => parts.password = Some(text),
        "dbname" => parts.database = given(text),
        "application_name" => parts.application_name = Some(text),
        "connect_timeout" => match text.parse() {
            Ok(seconds) if (1..=CONNECT_DEADLINE_S_MAX).contains(&seconds) => {
                parts.connect_deadline = Some(Duration::from_secs(seconds));
            }
            _ => {
                return wrong(format!(
                    "connect_timeout must be a number of seconds from 1 to {CONNECT_DEADLINE_S_MAX}"
                ));
            }
        },
        "sslmode" => match text.as_str() {
            "disable" | "allow" | "prefer" => {}
            "require" | "verify-ca" | "verify-full" => {
                return wrong(format!(
                    "sslmode={text} asks for TLS, which is not supported; use sslmode=disable \
                     over a private network or a tunnel, or a unix socket"
                ));
            }
            _ => return wrong("sslmode must be disable, allow or prefer"),
        },
        "options" => options_parse(&text, &mut parts.options)?,
        // Neither a strange name nor one whose value has an `@` is repeated: it may be the rest
        // of a password with a bare `?`.
        _ if !value.contains('@') && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_') => {
            return wrong(format!("parameter `{name}` is not known; remove it"));
        }
        _ => return wrong("a parameter after `?` has no valid name (in a password, ? is %3F)"),
    }
    Ok(())
}

/// `-c name=value`, `-cname=value` and `--name=value`, separated by spaces; a backslash takes
/// the next character as it is.
fn options_parse(text: &str, options: &mut Vec<(String, String)>) -> Result<(), UrlError> {
    const FORM: &str = "options must be like `-c name=value -c name=value`";
    let mut words = words_of(text).into_iter();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("-c").or_else(|| word.strip_prefix("--")) {
            Some("") if word == "-c" => words.next().ok_or_else(|| UrlError(FORM.into()))?,
            Some(setting) => setting.to_owned(),
            None => return wrong(FORM),
        };
        match setting.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                options.push((name.to_owned(), value.to_owned()));
            }
            _ => return wrong(FORM),
        }
    }
    Ok(())
}

fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(letters.next()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn given(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

/// The text with %XX resolved. A zero byte is refused, since the protocol ends texts with it.
fn decoded(text: &str, part: &str) -> Result<String, UrlError> {
    let bytes = text.as_bytes();
    for (i, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        if !bytes.get(i + 1..i + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
            return wrong(format!("in the {part}, % must be followed by two hex digits"));
        }
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if text.contains('\0') => wrong(format!("the {part} contains a zero byte")),
        Ok(text) => Ok(text.into_owned()),
        Err(_) => wrong(format!("the {part} is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Target {
        target_parse(url, |_| None).unwrap()
    }

    #[test]
    fn every_part_of_a_url_is_read() {
        let target = parsed(
            "postgresql://us%40er:p%3Ass%2F@[::1]:6432/my%20shop?application_name=a&\
             connect_timeout=9&sslmode=prefer&options=-c%20statement_timeout%3D2000%20--jit=off",
        );
        assert_eq!(target.host, Host::Tcp("::1".into(), 6432));
        assert_eq!((target.user.as_str(), target.database.as_str()), ("us@er", "my shop"));
        assert_eq!(target.password.as_deref(), Some("p:ss/"));
        assert_eq!(target.application_name, "a");
        assert_eq!(target.connect_deadline, Duration::from_secs(9));
        let options = [("statement_timeout", "2000"), ("jit", "off")];
        assert!(target.options.iter().map(|(n, v)| (n.as_str(), v.as_str())).eq(options));
        let target = target.with_setting("jit", "on").with_setting("work_mem", "8MB");
        assert_eq!(target.options.len(), 3);
        assert_eq!(target.options[1].1, "on");
    }

    #[test]
    fn what_a_url_leaves_out_comes_from_the_environment() {
        let env = |name: &str| Some(format!("env {name}"));
        let target = target_parse("postgres://", env).unwrap();
        assert_eq!(target.host, Host::Tcp("localhost".into(), 5432));
        assert_eq!((target.user.as_str(), target.database.as_str()), ("env PGUSER", "env PGUSER"));
        assert_eq!(target.password.as_deref(), Some("env PGPASSWORD"));
        let user_only = |name: &str| (name == "USER").then(|| "me".to_owned());
        assert_eq!(target_parse("postgres://h/", user_only).unwrap().user, "me");
        assert_eq!(parsed("postgres://h").database, "postgres");
    }

    #[test]
    fn a_host_with_a_slash_is_a_socket_directory() {
        for url in ["postgres:///d?host=/run/x&port=7&user=u", "postgres://u@%2Frun%2Fx:7/d"] {
            let target = parsed(url);
            assert_eq!(target.host, Host::Unix("/run/x".into(), 7));
            assert_eq!(target.redacted(), "postgres://u@/d?host=/run/x&port=7");
            assert_eq!(parsed(&target.redacted()).host, target.host);
        }
    }

    #[test]
    fn wrong_urls_are_told_what_is_wrong() {
        for (url, what) in [
            ("mysql://h/d", "must start with postgres://"),
            ("postgres://u:secret/x@h/d", "port must be a number"),
            ("postgres://u:p?secret=1@h/d", "port must be a number"),
            ("postgres://u:12?secret=1@h/d", "no valid name"),
            ("postgres://h/d?gssencmode=x", "parameter `gssencmode` is not known"),
            ("postgres://h/d?sslmode=verify-full", "TLS, which is not supported"),
            ("postgres://h/d?sslmode=maybe", "sslmode must be"),
            ("postgres://h/d?connect_timeout=0", "from 1 to 600"),
            ("postgres://h/d?options=-x", "options must be like"),
            ("postgres://h/d?options=-c", "options must be like"),
            ("postgres://h/d?port", "name=value"),
            ("postgres://h:0/d", "port must be a number"),
            ("postgres://a,b/d", "one host only"),
            ("postgres://[::1/d", "not closed"),
            ("postgres://[::1]x/d", "only :port may follow"),
            ("postgres://u%zz@h/d", "in the user, % must be"),
            ("postgres://u:%00@h/d", "the password contains a zero byte"),
            ("postgres://h/%ff", "the database is not UTF-8"),
        ] {
            let error = target_parse(url, |_| None).unwrap_err().to_string();
            assert!(error.contains(what), "{url}: {error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        arbtest::arbtest(|u| {
            let noise: String = u.arbitrary()?;
            for url in [format!("postgres://u:sEcReT{noise}@h/d"), noise] {
                let shown = match target_parse(&url, |_| Some("sEcReT".into())) {
                    Ok(target) => format!("{} {target:?}", target.redacted()),
                    Err(error) => error.to_string(),
                };
                assert!(!shown.contains("sEcReT"), "{url}: {shown}");
            }
            Ok(())
        });
    }
}
