//! The admin port: whether the process lives, whether it can serve, and what it has counted. Never
//! reachable through the public port.

use crate::http::{ContentType, Counters, Method, Reply, Request, Server, Service, Status};
use crate::metrics;
use crate::worker::Workers;
use std::sync::{Arc, OnceLock};

/// What the admin port tells of.
#[derive(Clone)]
pub struct Admin {
    pub workers: Arc<Workers>,
    /// Set once it is served.
    pub public: Arc<OnceLock<Server>>,
}

impl Service for Admin {
    fn call(&self, request: &Request<'_>, reply: &mut Reply) {
        if !matches!(request.method, Method::Get | Method::Head) {
            reply.begin_with(Status::METHOD_NOT_ALLOWED, ContentType::Text, "Allow: GET, HEAD\r\n");
            return;
        }
        match request.path {
            "/live" => reply.text(Status::OK, "live\n"),
            "/ready" if self.workers.ready() => reply.text(Status::OK, "ready\n"),
            "/ready" => reply.text(Status::SERVICE_UNAVAILABLE, "not ready\n"),
            "/metrics" => {
                reply.begin(Status::OK, ContentType::Metrics);
                let none = Counters::default();
                let edge = self.public.get().map_or(&none, Server::counters);
                let mut page = String::new();
                metrics::render(&mut page, &self.workers.metrics, edge, self.workers.gauges());
                reply.body().extend_from_slice(page.as_bytes());
            }
            _ => reply.text(Status::NOT_FOUND, "There are /live, /ready and /metrics.\n"),
        }
    }
}
