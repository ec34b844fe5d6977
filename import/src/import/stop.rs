//! How the services of an import learn that one of them has failed.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set once by whoever fails first; looked at by the others every now and then.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

/// Why a service ends that has nothing to complain of itself.
#[derive(Debug)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another service's files could not be loaded")
    }
}

impl std::error::Error for Stopped {}

impl Stop {
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// # Errors
    /// When another service has failed.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.0.load(Ordering::Relaxed) { Err(Stopped) } else { Ok(()) }
    }
}

/// The values of all, or the first error that is a reason of its own.
///
/// # Errors
/// When one of them is an error.
pub fn all<T, const N: usize>(outcomes: [anyhow::Result<T>; N]) -> anyhow::Result<Vec<T>> {
    let is_reason =
        |outcome: &anyhow::Result<T>| outcome.as_ref().is_err_and(|error| !error.is::<Stopped>());
    let reason = outcomes.iter().position(is_reason);
    let mut outcomes = outcomes.into_iter();
    match reason.and_then(|place| outcomes.nth(place)) {
        Some(outcome) => outcome.map(|_| Vec::new()),
        None => outcomes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn the_first_reason_is_told_and_not_that_others_were_stopped() {
        let stop = Stop::default();
        assert!(stop.check().is_ok());
        stop.set();
        let stopped = || stop.check().context("reviews.csv").map(|()| 0);
        let error = all([stopped(), Ok(1), Err(anyhow!("a")), Err(anyhow!("b"))]).unwrap_err();
        assert_eq!(error.to_string(), "a");
        assert!(all([Ok(1), stopped()]).unwrap_err().is::<Stopped>());
        assert_eq!(all([Ok(1), Ok(2)]).unwrap(), [1, 2]);
    }
}
