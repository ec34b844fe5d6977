//! Reads of many requests asked as one statement. Each key is asked once, whoever wants it, and a
//! row says by its first column which key it answers.

use super::claim::Claim;
use super::error::Error;
use super::row::Row;
use super::statement::Statement;
use super::wire::{self, Bind};

/// What a read is asked for: its statement's parameters in order, integers all; what it has no
/// parameter for is 0.
pub type Key = [i64; 3];

/// A read that can be asked for one key or for many at once.
#[derive(Debug)]
pub struct Read {
    /// For one key: what one request waits for alone comes no later than it would by itself.
    pub one: Statement,
    /// The same over arrays of the parameters. Its rows are those of `one`, each behind an `int8`
    /// that is the place of its key in the arrays, from 1; in what order the keys are answered is
    /// the server's choice, but the rows of each come in the order that `one` has them in.
    pub many: Statement,
    /// Keys that one statement asks for at most.
    pub keys_max: usize,
    /// Whether a key has one row at most, and is answered as soon as it is there.
    pub single_row: bool,
}

/// A key, and all who want its rows.
pub struct Member {
    key: Key,
    claim: Claim,
    /// Further ones that asked before the statement was sent.
    sharing: Vec<Claim>,
    /// Whether it was asked before, and failed without fault of its own.
    repeated: bool,
}

/// Keys that go as one statement.
pub struct Batch {
    pub read: &'static Read,
    pub members: Vec<Member>,
}

impl Read {
    /// Writes the parameters of `one`.
    pub fn bind(&self, key: &Key, bind: &mut Bind<'_>) {
        for (&value, &oid) in key.iter().zip(self.one.parameters) {
            bind.integer(oid, value);
        }
    }
}

impl Member {
    pub fn new(key: Key, claim: Claim) -> Self {
        Self { key, claim, sharing: Vec::new(), repeated: false }
    }

    fn claims(&mut self) -> impl Iterator<Item = &mut Claim> {
        std::iter::once(&mut self.claim).chain(&mut self.sharing)
    }

    /// Has `claim` answered with its rows as well.
    pub fn share(&mut self, claim: Claim) {
        self.sharing.push(claim);
    }

    /// How many wanted its rows.
    pub fn claim_count(&self) -> usize {
        1 + self.sharing.len()
    }

    pub fn is_open(&self) -> bool {
        self.claim.is_open() || self.sharing.iter().any(Claim::is_open)
    }

    pub fn row(&mut self, row: &Row<'_>) {
        self.claims().for_each(|claim| claim.row(row));
    }

    pub fn answer(&mut self, affected: u64) {
        self.claims().for_each(|claim| claim.answer(affected));
    }

    pub fn fail(&mut self, error: &Error) {
        self.claims().for_each(|claim| {
            claim.fail(error);
        });
    }

    /// Tells those who are late by `now`; how many were.
    pub fn expire(&mut self, now: u64) -> usize {
        self.claims().filter_map(|claim| claim.expire(now).then_some(())).count()
    }

    /// Makes it ready to be asked again, alone and for the last time; those who cannot are told
    /// `error`. `None` when nobody is left.
    pub fn repeat(mut self, error: &Error) -> Option<Self> {
        let repeated = std::mem::replace(&mut self.repeated, true);
        for claim in self.claims() {
            if !repeated && claim.can_be_repeated() {
                claim.repeat();
            } else {
                claim.fail(error);
            }
        }
        self.is_open().then_some(self)
    }
}

impl Batch {
    pub fn new(read: &'static Read, member: Member) -> Self {
        Self { read, members: vec![member] }
    }

    /// Who asks for `key`, if somebody does.
    pub fn member(&mut self, key: &Key) -> Option<&mut Member> {
        // At 128 keys a look at each costs less than a hash table would.
        self.members.iter_mut().find(|member| member.key == *key)
    }

    /// Whether it takes no further key.
    pub fn is_full(&self) -> bool {
        self.members.len() >= self.read.keys_max
    }

    /// Appends the statement to `output`; whether the keys fit their types.
    #[must_use]
    pub fn encode(&self, output: &mut Vec<u8>) -> bool {
        if let [member] = &self.members[..] {
            let one = |bind: &mut Bind<'_>| self.read.bind(&member.key, bind);
            return wire::encode_request(output, &self.read.one, one);
        }
        wire::encode_request(output, &self.read.many, |bind| {
            for (part, &oid) in self.read.one.parameters.iter().enumerate() {
                let values = self.members.iter().map(|member| member.key[part]);
                bind.integer_array(oid, values);
            }
        })
    }

    /// Whether its statement is the one over arrays, whose rows tell whom they are for.
    pub fn is_shared(&self) -> bool {
        self.members.len() > 1
    }
}
