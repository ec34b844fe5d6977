//! Where the reads of a class of connections wait until one of them is idle, and go together then.
//!
//! A connection that has nothing in flight takes, once all coroutines of this turn of the event
//! loop have run, whatever was asked meanwhile: the keys of each read in few statements, all in
//! one write. So nobody waits for company on an idle line, and under load a write answers as many
//! requests as came during the one before it. A key that the next write has already is asked once
//! for all who want it. Every read is sent after its request came in; nothing is kept.
//!
//! Which connection: while one is at work, the next write waits for it, because two at once answer
//! half as many requests each, and wake twice. The others step in when it has been at one statement
//! for too long (see `relief`), so that a slow key costs those who share its write and nobody else,
//! or when a whole write waits.

use super::batch::{Batch, Key, Member, Read};
use super::claim::{Claim, Decode, Done, Waiter};
use super::clock;
use super::error::Error;
use super::pending::{Pending, Repeats};
use super::pipeline::{Gauges, Options, Pipeline, State};
use super::relief::Relief;
use super::row::{BadRow, Row};
use super::statement::Statement;
use super::wire::{self, Bind};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::Ordering;

/// Requests that wait at one gate; the next is refused. As many as clients are connected at most
/// unless told otherwise: it is the deadline that says who waits too long. With 2,048, which is a
/// second's work for a tenth of a core, of 4,000 clients 1,000 a second got their reviews and 8,200
/// their refusal, which took the CPU of the rest; with this many, 2,700 to 3,700 got their reviews
/// and 12 at most a refusal.
const WAITING_REQUESTS_MAX: usize = 16384;
/// Keys of one read that go in one write, or one statement's if that is more. Lists go as two
/// statements of 32: the clients of the first are answered and ask anew while PostgreSQL is at the
/// second. As one statement, 64 clients waited for all of it, and then PostgreSQL for all of them:
/// 1.37 of two cores were at work instead of 1.46, and reviews had 48,500 requests a second instead
/// of 52,700. With 128 keys in a write, 512 clients got a tenth less than with 64.
const WRITE_KEYS_MAX: usize = 64;
/// Statements of their own that follow the batches of one write. They may walk over a thousand rows
/// each, some milliseconds, and who waits for the next write waits for all of them.
const PLAIN_STATEMENTS_MAX: usize = 8;

/// The connections of a class, and who waits for them.
pub struct Gate {
    pipelines: Vec<Rc<Pipeline>>,
    waiting: RefCell<Waiting>,
    /// With a single connection there is nobody to step in.
    relief: Option<Relief>,
}

/// How a statement that is no read of many waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// With others in the next write.
    Light,
    /// By itself, on the last connection alone, so that light ones always have another.
    Heavy,
}

#[derive(Default)]
struct Waiting {
    /// One for each read that was ever asked here.
    lanes: Vec<Lane>,
    light: VecDeque<Encoded>,
    heavy: VecDeque<Encoded>,
    /// Keys of statements that failed; they go by themselves, to show whose fault it is.
    repeats: VecDeque<(&'static Read, Member)>,
    /// Requests in all of these.
    requests: usize,
    /// Whether the last write was one statement by itself, while others may have waited.
    by_itself: bool,
}

/// Who waits for one read.
struct Lane {
    read: &'static Read,
    /// Oldest first; only the last takes more keys.
    batches: VecDeque<Batch>,
}

/// A statement encoded when it was asked.
struct Encoded {
    bytes: Vec<u8>,
    member: Member,
}

impl Gate {
    /// Begins to connect, in the background, for as long as it takes; to be called on the worker.
    #[must_use]
    pub fn open(options: &Options, connections: usize) -> Rc<Self> {
        Rc::new_cyclic(|gate| {
            let index = clock::keep_gate(gate.clone());
            let open = |_| Pipeline::open_at(options.clone(), gate.clone());
            Self {
                pipelines: (0..connections).map(open).collect(),
                waiting: RefCell::default(),
                relief: (connections > 1).then(|| Relief::start(options, index)).flatten(),
            }
        })
    }

    #[must_use]
    pub fn pipelines(&self) -> &[Rc<Pipeline>] {
        &self.pipelines
    }

    /// Asks `read` for `key`, together with whoever asks meanwhile, and parks until it is answered
    /// or late. Each row goes through `decode` to the end of `buffer`, which is lent meanwhile.
    /// After an error the buffer may hold some rows of it. A read that failed in company, or with
    /// its connection, is asked once more before that is said.
    ///
    /// # Errors
    /// [`Error`]; it is within the deadline whatever the database does.
    pub fn read(
        &self,
        read: &'static Read,
        key: Key,
        buffer: &mut Vec<u8>,
        decode: impl Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Result<Done, Error> {
        self.admit()?;
        let (claim, waiter) = self.claim(buffer, Box::new(decode));
        self.waiting.borrow_mut().join(read, key, claim);
        self.wake();
        waiter.wait(buffer)
    }

    /// As [`Gate::read`] for a statement that is asked as it is, and not again when its connection
    /// is lost.
    ///
    /// # Errors
    /// [`Error`]; it is within the deadline whatever the database does.
    pub fn query(
        &self,
        weight: Weight,
        statement: &Statement,
        parameters: impl FnOnce(&mut Bind<'_>),
        buffer: &mut Vec<u8>,
        decode: impl Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Result<Done, Error> {
        self.admit()?;
        let mut bytes = Vec::new();
        if !wire::encode_request(&mut bytes, statement, parameters) {
            return Err(Error::unfit());
        }
        wire::encode_sync(&mut bytes);
        let (claim, waiter) = self.claim(buffer, Box::new(decode));
        let encoded = Encoded { bytes, member: Member::new(Key::default(), claim) };
        let mut waiting = self.waiting.borrow_mut();
        waiting.requests += 1;
        match weight {
            Weight::Light => waiting.light.push_back(encoded),
            Weight::Heavy => waiting.heavy.push_back(encoded),
        }
        drop(waiting);
        self.wake();
        waiter.wait(buffer)
    }

    fn admit(&self) -> Result<(), Error> {
        if !self.pipelines.iter().any(|pipeline| pipeline.is_up()) {
            return Err(Error::Unavailable);
        }
        if self.waiting.borrow().requests >= WAITING_REQUESTS_MAX {
            self.count().refused.fetch_add(1, Ordering::Relaxed);
            return Err(Error::Overloaded);
        }
        Ok(())
    }

    fn claim(&self, buffer: &mut Vec<u8>, decode: Decode) -> (Claim, Rc<Waiter>) {
        Claim::new(buffer, decode, self.pipelines[0].deadline_tick())
    }

    /// What befalls requests at the gate is counted with its first connection.
    fn count(&self) -> &Gauges {
        &self.pipelines[0].gauges
    }

    /// Wakes a connection that may take what waits, if there is one.
    pub(super) fn wake(&self) {
        let waiting = self.waiting.borrow();
        if !waiting.heavy.is_empty()
            && let Some(last) = self.pipelines.iter().rfind(|pipeline| pipeline.is_up())
        {
            last.wake_if_idle();
        }
        if waiting.requests == waiting.heavy.len() {
            return;
        }
        let at_work = self.pipelines.iter().any(|pipeline| pipeline.is_at_work());
        if let (true, false, Some(relief)) = (at_work, waiting.needs_another(), &self.relief) {
            relief.arm();
        } else {
            // One that is woken already will take it.
            let _ = self.pipelines.iter().any(|pipeline| pipeline.wake_if_idle());
        }
    }

    /// Looks, from time to time while requests wait, for connections that are at one statement for
    /// too long, and has others step in.
    pub(super) fn relieve(&self) {
        self.relief.iter().for_each(Relief::ran_out);
        if self.waiting.borrow().requests > 0 {
            self.pipelines.iter().for_each(|pipeline| pipeline.look());
            self.wake();
        }
    }

    /// Has an idle pipeline take its next write; whether there was any.
    pub(super) fn pull(&self, pipeline: &Pipeline) -> bool {
        if self.waiting.borrow().requests == 0 || !pipeline.is_idle() {
            return false;
        }
        let is_it = |it: &Rc<Pipeline>| std::ptr::eq(&raw const **it, pipeline);
        let takes_heavy = self.pipelines.iter().rfind(|it| it.is_up()).is_some_and(is_it);
        let mut waiting = self.waiting.borrow_mut();
        // Who has stepped in steps back: otherwise two that were once at work would stay at it,
        // each with half of the requests.
        let is_wanted = waiting.needs_another() || (takes_heavy && !waiting.heavy.is_empty());
        if let (Some(relief), false) = (&self.relief, is_wanted)
            && self.pipelines.iter().any(|it| !is_it(it) && it.is_at_work())
        {
            relief.arm();
            return false;
        }
        let taken = waiting.take(pipeline, takes_heavy);
        let left = waiting.requests > 0;
        drop(waiting);
        if taken && left {
            self.wake();
        }
        taken
    }

    /// Takes up again what a failed statement has left.
    pub(super) fn repeat(&self, repeats: Repeats) {
        let mut waiting = self.waiting.borrow_mut();
        waiting.requests += repeats.iter().map(|(_, member)| member.claim_count()).sum::<usize>();
        waiting.repeats.extend(repeats);
        let nobody_left = !self.pipelines.iter().any(|pipeline| pipeline.is_up());
        if nobody_left {
            waiting.fail(&Error::ConnectionLost);
        }
        drop(waiting);
        self.wake();
    }

    /// Tells those who are late by `now`.
    pub(super) fn expire(&self, now: u64) {
        let late = self.waiting.borrow_mut().expire(now);
        self.count().late.fetch_add(late as u64, Ordering::Relaxed);
    }
}

impl Waiting {
    fn join(&mut self, read: &'static Read, key: Key, claim: Claim) {
        self.requests += 1;
        let lane = match self.lanes.iter().position(|lane| std::ptr::eq(lane.read, read)) {
            Some(index) => &mut self.lanes[index],
            None => self.lanes.push_mut(Lane { read, batches: VecDeque::new() }),
        };
        lane.join(key, claim);
    }

    /// Whether there is work for another connection besides the one at work: a whole write, or what
    /// goes by itself and should not wait for its turn.
    fn needs_another(&self) -> bool {
        self.lanes.iter().any(Lane::is_crowded)
            || self.light.len() >= PLAIN_STATEMENTS_MAX
            || !self.repeats.is_empty()
    }

    /// Whether nothing waits that goes together with others.
    fn has_none_to_share(&self) -> bool {
        self.light.is_empty() && self.lanes.iter().all(|lane| lane.batches.is_empty())
    }

    /// Moves the next write's statements to the pipeline's output.
    fn take(&mut self, pipeline: &Pipeline, takes_heavy: bool) -> bool {
        let mut state = pipeline.state.borrow_mut();
        // By turns, so that neither waits for the other for ever.
        let may_be_by_itself = !self.by_itself || self.has_none_to_share();
        self.by_itself = may_be_by_itself && self.take_one(pipeline, &mut state, takes_heavy);
        self.by_itself || self.take_all(pipeline, &mut state)
    }

    fn take_one(&mut self, pipeline: &Pipeline, state: &mut State, takes_heavy: bool) -> bool {
        // Repeats come to an end, where heavy ones may go on coming.
        if let Some((read, member)) = self.repeats.pop_front() {
            self.requests -= member.claim_count();
            pipeline.gauges.repeats.fetch_add(1, Ordering::Relaxed);
            pipeline.send_batch(state, Batch::new(read, member), true);
            return true;
        }
        let Some(encoded) = self.heavy.pop_front_if(|_| takes_heavy) else { return false };
        self.send(pipeline, state, encoded);
        state.is_held_up = true;
        true
    }

    fn take_all(&mut self, pipeline: &Pipeline, state: &mut State) -> bool {
        let batches: Vec<Batch> = self.lanes.iter_mut().flat_map(Lane::take).collect();
        let last = batches.len().wrapping_sub(1);
        let light = self.light.len().min(PLAIN_STATEMENTS_MAX);
        let any = light > 0 || !batches.is_empty();
        for (index, batch) in batches.into_iter().enumerate() {
            self.requests -= batch.members.iter().map(Member::claim_count).sum::<usize>();
            pipeline.send_batch(state, batch, index == last);
        }
        for _ in 0..light {
            if let Some(encoded) = self.light.pop_front() {
                self.send(pipeline, state, encoded);
            }
        }
        any
    }

    fn send(&mut self, pipeline: &Pipeline, state: &mut State, encoded: Encoded) {
        self.requests -= 1;
        state.output.extend_from_slice(&encoded.bytes);
        pipeline.push(state, Pending::alone(encoded.member, pipeline.deadline_tick()));
    }

    fn members(&mut self) -> impl Iterator<Item = &mut Member> {
        let encoded = self.light.iter_mut().chain(&mut self.heavy).map(|it| &mut it.member);
        let repeats = self.repeats.iter_mut().map(|(_, member)| member);
        let batches =
            self.lanes.iter_mut().flat_map(|lane| &mut lane.batches).flat_map(|it| &mut it.members);
        encoded.chain(repeats).chain(batches)
    }

    fn expire(&mut self, now: u64) -> usize {
        let late = self.members().map(|member| member.expire(now)).sum();
        if late > 0 {
            // Nobody waits for the database's answer to these.
            self.light.retain(|encoded| encoded.member.is_open());
            self.heavy.retain(|encoded| encoded.member.is_open());
            self.repeats.retain(|(_, member)| member.is_open());
            self.lanes.iter_mut().for_each(Lane::retain_open);
            self.requests = self.members().map(|member| member.claim_count()).sum();
        }
        late
    }

    fn fail(&mut self, error: &Error) {
        self.members().for_each(|member| member.fail(error));
        *self = Self::default();
    }
}

impl Lane {
    /// Statements that go in one write.
    fn batches_max(&self) -> usize {
        (WRITE_KEYS_MAX / self.read.keys_max).max(1)
    }

    /// Whether a whole write waits.
    fn is_crowded(&self) -> bool {
        self.batches.get(self.batches_max() - 1).is_some_and(Batch::is_full)
    }

    fn join(&mut self, key: Key, claim: Claim) {
        let next_write = self.batches_max();
        let same = self.batches.iter_mut().take(next_write).find_map(|batch| batch.member(&key));
        if let Some(member) = same {
            member.share(claim);
        } else if let Some(batch) = self.batches.back_mut().filter(|batch| !batch.is_full()) {
            batch.members.push(Member::new(key, claim));
        } else {
            self.batches.push_back(Batch::new(self.read, Member::new(key, claim)));
        }
    }

    fn take(&mut self) -> impl Iterator<Item = Batch> {
        let count = self.batches.len().min(self.batches_max());
        self.batches.drain(..count)
    }

    /// Leaves out those for whom nobody waits any more.
    fn retain_open(&mut self) {
        self.batches.iter_mut().for_each(|batch| batch.members.retain(Member::is_open));
        self.batches.retain(|batch| !batch.members.is_empty());
    }
}
