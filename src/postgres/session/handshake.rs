//! The beginning of a session: the start-up message, the log-in by trust, cleartext password,
//! md5 or SCRAM-SHA-256, and the wait until the server is ready for a first statement. TLS is
//! not spoken, so SCRAM goes without channel binding.

use super::channel::Channel;
use crate::postgres::error::{Error, ServerError};
use crate::postgres::url::Target;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{AuthenticationSaslBody, Message};
use postgres_protocol::message::frontend;

/// How far the log-in has come. Each step is taken once: a server that starts anew, or skips
/// the proof that it knows the password too, is not believed.
enum Login {
    Begun,
    PasswordSent,
    ScramBegun(ScramSha256),
    ScramProven(ScramSha256),
    ScramVerified,
    Done,
}

/// Logs in; leaves the session ready, and returns the process number of its backend.
pub fn handshake(channel: &mut Channel, target: &Target) -> Result<i32, Error> {
    startup_write(channel, target)?;
    channel.flush()?;
    let mut login = Login::Begun;
    let mut backend_pid = 0;
    loop {
        match (channel.receive()?, login) {
            (Message::ErrorResponse(body), _) => {
                return Err(channel.broken_by(ServerError::parse(body.fields()).into()));
            }
            (Message::BackendKeyData(body), Login::Done) => {
                backend_pid = body.process_id();
                login = Login::Done;
            }
            (Message::ReadyForQuery(_), Login::Done) => return Ok(backend_pid),
            (message, state) => {
                login = login_step(channel, target, message, state)
                    .map_err(|error| channel.broken_by(error))?;
                channel.flush()?;
            }
        }
    }
}

fn startup_write(channel: &mut Channel, target: &Target) -> Result<(), Error> {
    let fixed = [
        ("user", target.user.as_str()),
        ("database", target.database.as_str()),
        ("application_name", target.application_name.as_str()),
        ("client_encoding", "UTF8"),
    ];
    let settings = target.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    frontend::startup_message(fixed.into_iter().chain(settings), &mut channel.output)
        .map_err(|_| Error::Refused("a user, database or setting contains a zero byte".into()))
}

fn login_step(
    channel: &mut Channel,
    target: &Target,
    message: Message,
    login: Login,
) -> Result<Login, Error> {
    let unsendable = |_| Error::Refused("the password contains a zero byte".into());
    let output = &mut channel.output;
    match (message, login) {
        (Message::AuthenticationOk, Login::Begun | Login::PasswordSent | Login::ScramVerified) => {
            Ok(Login::Done)
        }
        (Message::AuthenticationCleartextPassword, Login::Begun) => {
            frontend::password_message(password(target)?, output).map_err(unsendable)?;
            Ok(Login::PasswordSent)
        }
        (Message::AuthenticationMd5Password(body), Login::Begun) => {
            let hash = md5_hash(target.user.as_bytes(), password(target)?, body.salt());
            frontend::password_message(hash.as_bytes(), output).map_err(unsendable)?;
            Ok(Login::PasswordSent)
        }
        (Message::AuthenticationSasl(body), Login::Begun) => {
            scram_offered(&body)?;
            let scram = ScramSha256::new(password(target)?, ChannelBinding::unsupported());
            frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), output)
                .map_err(unsendable)?;
            Ok(Login::ScramBegun(scram))
        }
        (Message::AuthenticationSaslContinue(body), Login::ScramBegun(mut scram)) => {
            scram
                .update(body.data())
                .map_err(|_| Error::Protocol("its SCRAM challenge is not valid"))?;
            frontend::sasl_response(scram.message(), output).map_err(unsendable)?;
            Ok(Login::ScramProven(scram))
        }
        (Message::AuthenticationSaslFinal(body), Login::ScramProven(mut scram)) => {
            scram.finish(body.data()).map_err(|_| {
                Error::Protocol("its SCRAM signature is wrong: it does not know the password")
            })?;
            Ok(Login::ScramVerified)
        }
        (Message::AuthenticationOk, Login::ScramBegun(_) | Login::ScramProven(_)) => {
            Err(Error::Protocol("it ends SCRAM without showing that it knows the password"))
        }
        (
            Message::AuthenticationGss
            | Message::AuthenticationSspi
            | Message::AuthenticationKerberosV5
            | Message::AuthenticationScmCredential,
            _,
        ) => Err(Error::Refused(
            "the server asks for a log-in other than password, md5 or scram-sha-256; \
             allow one of these in pg_hba.conf"
                .into(),
        )),
        _ => Err(Error::Protocol("a message that does not belong into a log-in")),
    }
}

fn scram_offered(body: &AuthenticationSaslBody) -> Result<(), Error> {
    let offered = body.mechanisms().any(|mechanism| Ok(mechanism == SCRAM_SHA_256));
    match offered {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::Refused("the server offers no SCRAM-SHA-256 without TLS".into())),
        Err(_) => Err(Error::Protocol("its list of SASL mechanisms is not valid")),
    }
}

fn password(target: &Target) -> Result<&[u8], Error> {
    match &target.password {
        Some(password) => Ok(password.as_bytes()),
        None => Err(Error::Refused(
            format!(
                "the server asks for the password of user {}; \
                 put it into the database URL or into PGPASSWORD",
                target.user
            )
            .into(),
        )),
    }
}
