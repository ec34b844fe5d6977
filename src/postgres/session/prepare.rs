//! Preparing statements: all in one round trip, each held to the types that the program was
//! written for. A schema of another version is found here, at the start, and not by the first
//! request that meets it.

use super::channel::Channel;
use crate::postgres::error::Error;
use crate::postgres::statement::{Statement, oid};
use fallible_iterator::FallibleIterator;
use postgres_protocol::Oid;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

const UNREADABLE: Error = Error::Protocol("the description of a statement cannot be read");

pub fn prepare(channel: &mut Channel, statements: &[&Statement]) -> Result<(), Error> {
    let output_bytes = channel.output.len();
    for statement in statements {
        let Statement { name, sql, parameters, .. } = statement;
        let output = &mut channel.output;
        let written = frontend::parse(name, sql, parameters.iter().copied(), output)
            .and_then(|()| frontend::describe(b'S', name, output));
        if let Err(error) = written {
            channel.output.truncate(output_bytes);
            return Err(Error::Refused(format!("statement {name}: {error}").into()));
        }
    }
    frontend::sync(&mut channel.output);
    channel.flush()?;

    let mut described = 0;
    let answer = channel.answer(None, |message| {
        let Some(statement) = statements.get(described) else {
            return Err(Error::Protocol("a statement is described that was not sent"));
        };
        let found: Vec<(String, Oid)> = match message {
            Message::ParseComplete => return Ok(()),
            Message::ParameterDescription(body) => {
                let types = body.parameters().map(|oid| Ok((String::new(), oid)));
                let found = types.collect::<Vec<_>>().map_err(|_| UNREADABLE)?;
                return types_check(statement, "parameter", statement.parameters, &found);
            }
            Message::RowDescription(body) => body
                .fields()
                .map(|field| Ok((format!(" ({})", field.name()), field.type_oid())))
                .collect()
                .map_err(|_| UNREADABLE)?,
            Message::NoData => Vec::new(),
            _ => return Err(Error::Protocol("a message that no Parse or Describe has")),
        };
        described += 1;
        types_check(statement, "column", statement.columns, &found)
    });
    match answer {
        // The server stops at the first error, so the one after those described is meant.
        Err(Error::Server(mut error)) => {
            error.statement = statements.get(described).map(|statement| statement.name);
            Err(Error::Server(error))
        }
        Ok(()) if described < statements.len() => {
            Err(channel.broken_by(Error::Protocol("a statement is not described")))
        }
        answer => answer,
    }
}

/// Compares the types of a statement's parameters or columns, with the names of the latter.
fn types_check(
    statement: &Statement,
    what: &str,
    expected: &[Oid],
    found: &[(String, Oid)],
) -> Result<(), Error> {
    let name = statement.name;
    if expected.len() != found.len() {
        let (expected, found) = (expected.len(), found.len());
        return Err(Error::Refused(
            format!("statement {name} has {found} {what}s, {expected} are expected; {ADVICE}")
                .into(),
        ));
    }
    for (i, (expected, (column, found))) in expected.iter().zip(found).enumerate() {
        if expected != found {
            return Err(Error::Refused(
                format!(
                    "statement {name}: {what} {number}{column} is of type {} ({found}), \
                     {} ({expected}) is expected; {ADVICE}",
                    oid::name(*found),
                    oid::name(*expected),
                    number = i + 1,
                )
                .into(),
            ));
        }
    }
    Ok(())
}

const ADVICE: &str = "is the schema that of this version?";
