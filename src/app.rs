//! The shop behind the HTTP edge: one request to the resource it asks for, its reply or failure
//! back, counted.

use crate::campus::{self, Campus};
use crate::database::Database;
use crate::error::Failure;
use crate::http::{Reply, Request, Service, Status};
use crate::metrics::WorkerMetrics;
use crate::route::{Route, route};
use crate::tokens::Tokens;
use crate::{answers, cart, interactions, pages, products, questions, reviews};
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
    pub doorway: Doorway,
}

/// How requests are received before anybody looks what they ask.
#[derive(Clone, Debug, Default)]
pub struct Doorway {
    /// The campus that paths without a prefix are of; `None` where they are of none.
    pub campus: Option<Arc<str>>,
    /// Who is let in; `None`: everybody.
    pub tokens: Option<Arc<Tokens>>,
}

impl Service for App {
    fn call(&self, request: &Request<'_>, reply: &mut Reply) {
        let begun = Instant::now();
        let (prefix, path) = campus::split(request.path);
        let route = route(request.method, path);
        let name = prefix.or(self.doorway.campus.as_deref());
        let campus = name.map_or(Campus::ROOT, Campus::named);
        if let Err(failure) = self.answer(route, campus, request, reply) {
            failure.answer(reply);
        }
        let status = reply.status().unwrap_or(Status::INTERNAL_SERVER_ERROR);
        self.metrics.answered(route, status, begun.elapsed());
    }
}

impl App {
    fn answer(
        &self,
        route: Route<'_>,
        campus: Campus<'_>,
        request: &Request<'_>,
        reply: &mut Reply,
    ) -> Result<(), Failure> {
        let database = &self.database;
        // Before it sends its token, a browser asks whether it may: without one.
        if let Some(tokens) = &self.doorway.tokens
            && route != Route::Preflight
            && !tokens.admit(request)
        {
            return Err(Failure::Unauthorized);
        }
        match route {
            Route::ProductList => products::list(database, campus, request, reply),
            Route::Product(id) => products::one(database, campus, id, reply),
            Route::ProductStyles(id) => products::styles(database, campus, id, reply),
            Route::ProductRelated(id) => products::related(database, campus, id, reply),
            Route::ReviewList => reviews::list(database, campus, request, reply),
            Route::ReviewMeta => reviews::meta(database, campus, request, reply),
            Route::ReviewAdd => reviews::add(database, campus, request, reply),
            Route::ReviewHelpful(id) => reviews::helpful(database, id, reply),
            Route::ReviewReport(id) => reviews::report(database, id, reply),
            Route::QuestionList => questions::list(database, campus, request, reply),
            Route::QuestionAdd => questions::add(database, campus, request, reply),
            Route::QuestionHelpful(id) => questions::helpful(database, id, reply),
            Route::QuestionReport(id) => questions::report(database, id, reply),
            Route::AnswerList(id) => answers::list(database, id, request, reply),
            Route::AnswerAdd(id) => answers::add(database, id, request, reply),
            Route::AnswerHelpful(id) => answers::helpful(database, id, reply),
            Route::AnswerReport(id) => answers::report(database, id, reply),
            Route::CartList => cart::list(database, request, reply),
            Route::CartAdd => cart::add(database, request, reply),
            Route::InteractionAdd => interactions::add(database, request, reply),
            Route::Page(page) => {
                pages::show(page, reply);
                Ok(())
            }
            Route::Preflight => {
                reply.no_content(PREFLIGHT_HEADERS);
                Ok(())
            }
            Route::WrongMethod(methods) => Err(Failure::MethodWrong(methods)),
            Route::Unknown => Err(Failure::RouteUnknown),
        }
    }
}
