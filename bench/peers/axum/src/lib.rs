//! What the peers on axum share: the runtime and the loop that accepts connections.

use anyhow::bail;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// One worker. `RUNTIME` says which kind: `current_thread`, where the main thread does all, or
/// `multi_thread`, where one worker thread does.
///
/// # Errors
/// When `RUNTIME` is unknown or a thread cannot be started.
pub fn runtime() -> anyhow::Result<Runtime> {
    let kind = std::env::var("RUNTIME").unwrap_or_else(|_| "current_thread".to_owned());
    let mut builder = match kind.as_str() {
        "current_thread" => Builder::new_current_thread(),
        "multi_thread" => Builder::new_multi_thread(),
        _ => bail!("RUNTIME is current_thread or multi_thread"),
    };
    Ok(builder.worker_threads(1).enable_all().build()?)
}

/// Serves until the process ends. The connections are served by hyper's HTTP/1 alone, which is
/// what `axum::serve` comes to without its look whether a client speaks HTTP/2.
///
/// # Errors
/// When the port cannot be had.
pub async fn serve(address: SocketAddr, routes: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    // In a task, so that it runs on the worker in both kinds of runtime.
    tokio::spawn(accept_all(listener, routes)).await?
}

async fn accept_all(listener: TcpListener, routes: Router) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(routes.clone());
        tokio::spawn(async move {
            // A client that goes away is its own business.
            let _ = http1::Builder::new()
                .pipeline_flush(true)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
