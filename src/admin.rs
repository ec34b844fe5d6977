//! The admin port: whether the process lives, whether it can serve, and what it has counted. Never
//! reachable through the public port.

use crate::http::{ContentType, Reply, Request, Server, Service, Status};
use crate::metrics;
use crate::worker::Workers;
use std::sync::Arc;

/// What the admin port tells of.
#[derive(Clone)]
pub struct Admin {
    pub workers: Arc<Workers>,
    pub public: Server,
}

impl Service for Admin {
    fn call(&self, request: &Request<'_>, reply: &mut Reply) {
        match request.path {
            "/live" => reply.text(Status::OK, "live\n"),
            "/ready" if self.workers.ready() => reply.text(Status::OK, "ready\n"),
            "/ready" => reply.text(Status::SERVICE_UNAVAILABLE, "not ready\n"),
            "/metrics" => {
                reply.begin(Status::OK, ContentType::Metrics);
                let Workers { metrics, gauges, .. } = &*self.workers;
                let mut page = String::new();
                metrics::render(&mut page, metrics, self.public.counters(), gauges);
                reply.body().extend_from_slice(page.as_bytes());
            }
            _ => reply.text(Status::NOT_FOUND, "There are /live, /ready and /metrics.\n"),
        }
    }
}
