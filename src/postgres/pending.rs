//! One statement in flight: what it was asked for, and by whom. Does not know how statements are
//! sent.

use super::batch::{Batch, Member, Read};
use super::error::Error;
use super::row::Row;
use super::wire;

/// A statement sent or to be sent, in the order of the connection.
pub struct Pending {
    /// The keys and who wants them; one without a key for what is no read of many.
    members: Vec<Member>,
    /// The read, where it may be repeated.
    read: Option<&'static Read>,
    /// Whether a row begins with its member's place.
    placed: bool,
    /// Whether a Sync follows it. What has none shares the next one's: when one of them fails,
    /// the server skips those between.
    pub ends: bool,
    /// When the server must have answered, if all is well.
    pub deadline_tick: u64,
    affected: u64,
    failure: Option<Error>,
    /// Whether the server skipped it, because one before it failed.
    skipped: bool,
}

/// Members of a failed statement that are to be asked again, each alone.
pub type Repeats = Vec<(&'static Read, Member)>;

impl Pending {
    /// A statement with a Sync of its own and one who waits.
    pub fn alone(member: Member, deadline_tick: u64) -> Self {
        Self::new(None, vec![member], false, true, deadline_tick)
    }

    /// A batch; `ends`: with a Sync after it.
    pub fn of_batch(batch: Batch, ends: bool, deadline_tick: u64) -> Self {
        let placed = batch.is_shared();
        Self::new(Some(batch.read), batch.members, placed, ends, deadline_tick)
    }

    fn new(
        read: Option<&'static Read>,
        members: Vec<Member>,
        placed: bool,
        ends: bool,
        deadline_tick: u64,
    ) -> Self {
        Self {
            members,
            read,
            placed,
            ends,
            deadline_tick,
            affected: 0,
            failure: None,
            skipped: false,
        }
    }

    /// Keys that it asks for.
    pub fn key_count(&self) -> usize {
        self.members.len()
    }

    /// Requests that it answers.
    pub fn claim_count(&self) -> usize {
        self.members.iter().map(Member::claim_count).sum()
    }

    /// Decodes a row for whoever waits.
    pub fn row(&mut self, body: &[u8]) {
        if self.failure.is_some() {
            return;
        }
        if self.give(body).is_none() {
            self.failure = Some(Error::bad_row());
        }
    }

    /// `None` when the row cannot be anybody's.
    fn give(&mut self, body: &[u8]) -> Option<()> {
        let mut row = Row::new(body).ok()?;
        let place = if self.placed { row.int8().ok()? } else { 1 };
        let index = usize::try_from(place).ok()?.checked_sub(1)?;
        let member = self.members.get_mut(index)?;
        member.row(&row);
        if self.placed && self.read.is_some_and(|read| read.single_row) {
            member.answer(1);
        }
        Some(())
    }

    pub fn completed(&mut self, tag: &[u8]) {
        self.affected = wire::rows_of_tag(tag);
    }

    pub fn failed(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    /// The server will not come to it.
    pub fn skip(&mut self) {
        self.skipped = true;
    }

    /// Whether it has failed or was skipped.
    pub fn is_broken(&self) -> bool {
        self.skipped || self.failure.is_some()
    }

    /// All that belongs to it has come. Returns whom its failure shall not hurt, because it need
    /// not be theirs: they are to be asked again.
    pub fn answered(mut self) -> Repeats {
        if !self.is_broken() {
            let affected = self.affected;
            self.members.iter_mut().for_each(|member| member.answer(affected));
            return Repeats::new();
        }
        let shared = self.skipped || self.placed;
        let error = self.failure.take().unwrap_or(Error::ConnectionLost);
        self.repeats(shared, &error)
    }

    /// The connection is gone. Returns whom another one may serve.
    pub fn lost(mut self) -> Repeats {
        let failure = self.failure.take();
        let shared = self.skipped || self.placed || failure.is_none();
        self.repeats(shared, &failure.unwrap_or(Error::ConnectionLost))
    }

    fn repeats(&mut self, may_repeat: bool, error: &Error) -> Repeats {
        let members = std::mem::take(&mut self.members);
        let Some(read) = self.read.filter(|_| may_repeat) else {
            members.into_iter().for_each(|mut member| member.fail(error));
            return Repeats::new();
        };
        members.into_iter().filter_map(|it| it.repeat(error)).map(|it| (read, it)).collect()
    }

    /// Tells those who are late by `now`, while the statement stays in its place; how many.
    pub fn expire(&mut self, now: u64) -> usize {
        self.members.iter_mut().map(|member| member.expire(now)).sum()
    }
}
