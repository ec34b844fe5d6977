//! The shop behind the HTTP edge: one request to the resource it asks for, its reply or failure
//! back, counted.

use crate::database::Database;
use crate::error::Failure;
use crate::http::{Reply, Request, Service, Status};
use crate::metrics::WorkerMetrics;
use crate::reviews;
use crate::route::{Route, route};
use std::sync::Arc;
use std::time::Instant;

/// Lines that every reply carries: pages call this API from other origins, and need to read its
/// errors as well.
pub const COMMON_HEADERS: &str = "Access-Control-Allow-Origin: *\r\n";

/// What a page may send, for its browser to remember for a day.
const PREFLIGHT_HEADERS: &str = "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS\r\n\
     Access-Control-Allow-Headers: Authorization, Content-Type\r\n\
     Access-Control-Max-Age: 86400\r\n";

/// The service of one worker.
pub struct App {
    pub database: Database,
    pub metrics: Arc<WorkerMetrics>,
}

impl Service for App {
    fn call(&self, request: &Request<'_>, reply: &mut Reply) {
        let begun = Instant::now();
        let route = route(request.method, request.path);
        if let Err(failure) = self.answer(route, request, reply) {
            failure.answer(reply);
        }
        let status = reply.status().unwrap_or(Status::INTERNAL_SERVER_ERROR);
        self.metrics.answered(route, status, begun.elapsed());
    }
}

impl App {
    fn answer(
        &self,
        route: Route,
        request: &Request<'_>,
        reply: &mut Reply,
    ) -> Result<(), Failure> {
        let database = &self.database;
        match route {
            Route::ReviewList => reviews::list(database, request, reply),
            Route::ReviewMeta => reviews::meta(database, request, reply),
            Route::ReviewAdd => reviews::add(database, request, reply),
            Route::ReviewHelpful(review_id) => reviews::helpful(database, review_id, reply),
            Route::ReviewReport(review_id) => reviews::report(database, review_id, reply),
            Route::Preflight => {
                reply.no_content(PREFLIGHT_HEADERS);
                Ok(())
            }
            Route::WrongMethod(methods) => Err(Failure::MethodWrong(methods)),
            Route::Unknown => Err(Failure::RouteUnknown),
        }
    }
}
