//! TechEmpower's six tests on axum and tokio-postgres, on one thread: hyper's HTTP/1 with replies
//! to pipelined requests flushed together, and two database connections shared by all requests,
//! pipelined. Configured by `PORT` and `DATABASE_URL`.

mod app;
mod database;

use anyhow::{Context, Result};
use app::App;
use axum::http::{HeaderValue, header};
use database::Database;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpSocket};
use tower_service::Service;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that may wait in the kernel to be accepted.
const BACKLOG_CONNECTIONS: u32 = 4096;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<()> {
    let port = env::var("PORT").context("set PORT")?.parse().context("PORT")?;
    let url = env::var("DATABASE_URL").context("set DATABASE_URL")?;
    let app = app::routes(App { database: Arc::new(Database::open(&url).await?) });
    let listener = listen(port)?;
    println!("serves on http://{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let app = app.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let answered = app.clone().call(request);
                async move {
                    let mut response = answered.await?;
                    let name = HeaderValue::from_static("axum");
                    response.headers_mut().insert(header::SERVER, name);
                    Ok::<_, std::convert::Infallible>(response)
                }
            });
            // A client that goes away is no news.
            let _ = http1::Builder::new()
                .pipeline_flush(true)
                .serve_connection(TokioIo::new(socket), answer)
                .await;
        });
    }
}

fn listen(port: u16) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket.listen(BACKLOG_CONNECTIONS)?)
}
