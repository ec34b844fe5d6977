//! Where the reads of a class of connections wait until one of them is idle, and go together then.
//!
//! A connection that has nothing in flight takes, once all coroutines of this turn of the event
//! loop have run, whatever was asked meanwhile: the keys of each read as one statement, all of them
//! in one write. So nobody waits for company on an idle line, and under load a statement answers as
//! many requests as came during the one before it. A key that was asked already and not sent yet is
//! asked once for all who want it. Every read is sent after its request came in; nothing is kept.
//!
//! Which connection: while one is at work, the next write waits for it, because two at once answer
//! half as many requests each, and wake twice. The others step in when it has been at one write for
//! too long (see `relief`), so that a slow key costs those who share its write and nobody else, or
//! when more waits than goes into one write.

use super::batch::{Batch, Key, Member, Read};
use super::claim::{Claim, Decode, Done, Waiter};
use super::clock;
use super::error::Error;
use super::pending::{Pending, Repeats};
use super::pipeline::{self, Options, Pipeline, State};
use super::relief::Relief;
use super::row::{BadRow, Row};
use super::statement::Statement;
use super::wire::{self, Bind};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Requests that wait at one gate; the next is refused. As many as clients are connected at most
/// unless told otherwise: it is the deadline that says who waits too long. With 2,048, which is a
/// second's work for a tenth of a core, of 4,000 clients 1,000 a second got their reviews and 8,200
/// a second their refusal, which took the CPU of the rest; with this many, 3,700 and none.
const WAITING_REQUESTS_MAX: usize = 16384;
/// Statements of their own that go together with the batches of one write.
const PLAIN_STATEMENTS_MAX: usize = 64;

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
    /// Oldest first; of each read only the last takes more keys.
    batches: VecDeque<Batch>,
    light: VecDeque<Encoded>,
    heavy: VecDeque<Encoded>,
    /// Keys of statements that failed; they go by themselves, to show whose fault it is.
    repeats: VecDeque<(&'static Read, Member)>,
    /// Requests in all of these.
    requests: usize,
    /// Whether a batch is full.
    crowded: bool,
    /// Whether the last write was one statement by itself, while others may have waited.
    by_itself: bool,
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

    /// As [`Gate::read`] for a statement that is asked as it is.
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
        let deadline = self.pipelines[0].options.deadline;
        Claim::new(buffer, decode, clock::tick_after(deadline))
    }

    /// What befalls requests at the gate is counted with its first connection.
    fn count(&self) -> Arc<pipeline::Gauges> {
        self.pipelines[0].gauges()
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
        if let (true, false, Some(relief)) = (at_work, waiting.crowded, &self.relief) {
            relief.arm();
        } else {
            // One that is woken already will take it.
            let _ = self.pipelines.iter().any(|pipeline| pipeline.wake_if_idle());
        }
    }

    /// Looks, from time to time while requests wait, for connections that are at one write for too
    /// long, and has others step in.
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
        let is_wanted = waiting.crowded || (takes_heavy && !waiting.heavy.is_empty());
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
        let of_read = |batch: &&mut Batch| std::ptr::eq(batch.read, read);
        let refused = match self.batches.iter_mut().rev().find(of_read) {
            Some(batch) => {
                let refused = batch.join(key, claim).err();
                self.crowded |= batch.is_full();
                refused
            }
            None => Some(claim),
        };
        if let Some(claim) = refused {
            self.batches.push_back(Batch::new(read, Member::new(key, claim)));
        }
    }

    /// Moves the next write's statements to the pipeline's output.
    fn take(&mut self, pipeline: &Pipeline, takes_heavy: bool) -> bool {
        let mut state = pipeline.state.borrow_mut();
        // By turns, so that neither waits for the other for ever.
        let may_be_by_itself =
            !self.by_itself || (self.batches.is_empty() && self.light.is_empty());
        self.by_itself = may_be_by_itself && self.take_one(pipeline, &mut state, takes_heavy);
        self.by_itself || self.take_all(pipeline, &mut state)
    }

    fn take_one(&mut self, pipeline: &Pipeline, state: &mut State, takes_heavy: bool) -> bool {
        if let Some(encoded) = self.heavy.pop_front_if(|_| takes_heavy) {
            self.send(pipeline, state, encoded);
            state.is_held_up = true;
            return true;
        }
        let Some((read, member)) = self.repeats.pop_front() else { return false };
        self.requests -= member.claim_count();
        pipeline.gauges.repeats.fetch_add(1, Ordering::Relaxed);
        pipeline.send_batch(state, Batch::new(read, member), true);
        true
    }

    fn take_all(&mut self, pipeline: &Pipeline, state: &mut State) -> bool {
        let light = self.light.len().min(PLAIN_STATEMENTS_MAX);
        for encoded in self.light.drain(..light).collect::<Vec<_>>() {
            self.send(pipeline, state, encoded);
        }
        // One batch of each read; who comes after it waits for the next write.
        let mut batches: Vec<Batch> = Vec::with_capacity(self.batches.len());
        for batch in std::mem::take(&mut self.batches) {
            if batches.iter().any(|taken| std::ptr::eq(taken.read, batch.read)) {
                self.batches.push_back(batch);
            } else {
                batches.push(batch);
            }
        }
        self.crowded = self.batches.iter().any(Batch::is_full);
        let last = batches.len().wrapping_sub(1);
        let any = light > 0 || !batches.is_empty();
        for (index, batch) in batches.into_iter().enumerate() {
            self.requests -= batch.members.iter().map(Member::claim_count).sum::<usize>();
            pipeline.send_batch(state, batch, index == last);
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
        let batches = self.batches.iter_mut().flat_map(|batch| &mut batch.members);
        encoded.chain(repeats).chain(batches)
    }

    fn expire(&mut self, now: u64) -> usize {
        let late = self.members().map(|member| member.expire(now)).sum();
        if late > 0 {
            // Nobody waits for the database's answer to these.
            self.light.retain(|encoded| encoded.member.is_open());
            self.heavy.retain(|encoded| encoded.member.is_open());
            self.repeats.retain(|(_, member)| member.is_open());
            self.batches.iter_mut().for_each(|it| it.members.retain(Member::is_open));
            self.batches.retain(|batch| !batch.members.is_empty());
            self.requests = self.members().map(|member| member.claim_count()).sum();
        }
        late
    }

    fn fail(&mut self, error: &Error) {
        self.members().for_each(|member| member.fail(error));
        *self = Self::default();
    }
}
