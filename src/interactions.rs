//! Interactions: what pages tell of their visitors' clicks. Nothing reads them back over HTTP.

use crate::body::{self, Text, TextOrNumber};
use crate::database::Database;
use crate::error::Failure;
use crate::http::{Reply, Request, Status};
use crate::statements;
use serde::Deserialize;

const INVALID: Failure = Failure::BodyInvalid("Error: Interaction body contains invalid entries");

/// `POST /interactions`.
///
/// # Errors
/// [`Failure`].
pub fn add(database: &Database, request: &Request<'_>, reply: &mut Reply) -> Result<(), Failure> {
    let interaction: InteractionBody = body::parse(request.body).ok_or(INVALID)?;
    database.write(&statements::INTERACTION_ADD, |bind| {
        bind.text(&interaction.element.0);
        bind.text(&interaction.widget.0);
        bind.text(&interaction.time.0);
    })?;
    reply.text(Status::CREATED, "Created");
    Ok(())
}

/// The body as pages send it; keys not named here are ignored.
#[derive(Deserialize)]
struct InteractionBody {
    element: Text,
    widget: Text,
    /// A date, or a number of some clock of the page's.
    time: TextOrNumber,
}
