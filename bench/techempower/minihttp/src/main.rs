//! Plaintext and JSON on `may_minihttp`, as its entry at TechEmpower has them: the yardstick of
//! the edge. Configured by `PORT`; one worker.

use bytes::BufMut;
use may_minihttp::{HttpService, HttpServiceFactory, Request, Response};
use serde::Serialize;
use std::{env, io};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Its entry's: a stack of 32 KiB and a thousand of them kept.
const STACK_WORDS: usize = 0x1000;
const STACKS_KEPT: usize = 1000;

#[derive(Serialize)]
struct Message {
    message: &'static str,
}

struct Routes;

struct Tests;

impl HttpServiceFactory for Tests {
    type Service = Routes;

    fn new_service(&self, _connection: usize) -> Routes {
        Routes
    }
}

impl HttpService for Routes {
    fn call(&mut self, request: Request, response: &mut Response) -> io::Result<()> {
        match request.path() {
            "/plaintext" => {
                response.header("Content-Type: text/plain").body("Hello, World!");
            }
            "/json" => {
                response.header("Content-Type: application/json");
                let message = Message { message: "Hello, World!" };
                serde_json::to_writer(response.body_mut().writer(), &message)?;
            }
            _ => {
                response.status_code(404, "Not Found");
            }
        }
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let port = env::var("PORT").map_err(io::Error::other)?;
    may::config().set_workers(1).set_stack_size(STACK_WORDS).set_pool_capacity(STACKS_KEPT);
    let server = Tests.start(format!("127.0.0.1:{port}"))?;
    println!("serves on http://127.0.0.1:{port}");
    server.join().map_err(|_| io::Error::other("the server panicked"))
}
