//! Servers started and measured beside one running PostgreSQL.

use crate::arguments::Options;
use crate::driver::{Drive, Prepared};
use crate::measure::{self, About, Measured};
use crate::peer::{Peer, Redis, Server};
use crate::postgres::Cluster;
use crate::record::{Phase, Placement, Sample};
use crate::template::Shop;
use crate::usage::Members;
use crate::workload::Workload;
use anyhow::Result;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Seeds of what warms up differ from those of what is measured: else a cache would be filled with
/// just the ids that come next.
const WARM_SEED: u64 = 1 << 32;

/// Redis by peer; each keeps what it has between rounds.
pub type Caches = HashMap<String, (Redis, HashSet<String>)>;

/// What all measurements of a placement share.
#[derive(Debug)]
pub struct Session<'s> {
    pub options: &'s Options,
    pub placement: Placement,
    pub cluster: &'s Cluster<'s>,
    pub shop: Shop,
    /// Where logs and requests lie.
    pub folder: &'s Path,
    pub caches: Caches,
}

/// A peer that runs.
#[derive(Debug)]
pub struct Live {
    name: String,
    server: Server,
    measured: Measured,
}

impl Session<'_> {
    /// Starts a peer; the second and third of those that run at once have other ports.
    ///
    /// # Errors
    /// It does not answer.
    pub fn start(&mut self, peer: &Peer, place: u16) -> Result<Live> {
        let port = self.options.port + place * 10;
        let mut environment = self.cluster.environment();
        let mut redis = None;
        if peer.redis {
            let cache = self.cache(peer)?;
            environment.extend(cache.environment());
            redis = Some(cache.members());
        }
        let core = self.placement.server_core();
        let server = peer.start(port, core, &environment, self.folder)?;
        let (port, postgres) = (server.port, Members::Family(self.cluster.id()));
        let measured = Measured { port, server: server.members(), postgres, redis };
        Ok(Live { name: peer.name.clone(), server, measured })
    }

    fn cache(&mut self, peer: &Peer) -> Result<&Redis> {
        if !self.caches.contains_key(&peer.name) {
            let place = u16::try_from(self.caches.len())?;
            let folder = self.folder.join(format!("redis-{}-{}", peer.name, self.placement));
            std::fs::create_dir_all(&folder)?;
            let port = self.options.port + 60 + place;
            let redis = Redis::start(port, self.placement.other_core(), &folder)?;
            self.caches.insert(peer.name.clone(), (redis, HashSet::new()));
        }
        Ok(&self.caches[&peer.name].0)
    }

    fn drive(&self, live: &Live, connections: u32, seconds: f64) -> Drive {
        let core = self.placement.other_core();
        Drive { port: live.measured.port, connections, seconds, core }
    }

    fn prepare(&self, workload: &Workload, seed: u64) -> Result<Prepared> {
        let requests = workload.requests(self.shop, seed);
        Prepared::new(self.folder.join("requests"), requests, workload.pipeline)
    }

    /// Load that is not measured.
    fn warm(&mut self, live: &Live, workload: &Workload, seed: u64) -> Result<()> {
        let mut seconds = self.options.warm_seconds;
        if let Some((_, filled)) = self.caches.get_mut(&live.name)
            && filled.insert(workload.name.clone())
        {
            seconds = seconds.max(self.options.fill_seconds);
        }
        if seconds > 0.0 {
            let prepared = self.prepare(workload, seed + WARM_SEED)?;
            prepared.wrk(self.drive(live, self.options.connections, seconds), self.folder)?;
        }
        Ok(())
    }

    fn about(&self, phase: Phase, live: &Live, workload: &Workload, round: u32) -> About {
        About {
            phase,
            placement: self.placement,
            round,
            peer: live.name.clone(),
            workload: workload.name.clone(),
            connections: self.options.connections,
            rate: None,
        }
    }

    /// As fast as it goes.
    ///
    /// # Errors
    /// `wrk` cannot be run.
    pub fn peak(&mut self, live: &Live, workload: &Workload, round: u32) -> Result<Sample> {
        let about = self.about(Phase::Peak, live, workload, round);
        self.sample(live, workload, &about)
    }

    /// As fast as it goes over some connections.
    ///
    /// # Errors
    /// `wrk` cannot be run.
    pub fn connections(
        &mut self,
        live: &Live,
        workload: &Workload,
        connections: u32,
    ) -> Result<Sample> {
        let about = self.about(Phase::Connections, live, workload, 1);
        self.sample(live, workload, &About { connections, ..about })
    }

    /// At a rate.
    ///
    /// # Errors
    /// The driver cannot be run.
    pub fn rate(&mut self, live: &Live, workload: &Workload, rate: f64) -> Result<Sample> {
        let about = self.about(Phase::Rate, live, workload, 1);
        self.sample(live, workload, &About { rate: Some(rate), ..about })
    }

    fn sample(&mut self, live: &Live, workload: &Workload, about: &About) -> Result<Sample> {
        let seed = u64::from(about.round);
        self.warm(live, workload, seed)?;
        let prepared = self.prepare(workload, seed)?;
        let drive = self.drive(live, about.connections, self.options.seconds);
        let hits_before = self.hits(live)?;
        let mut sample = live.measured.sample(about, &prepared, || match about.rate {
            Some(rate) => prepared.oha(drive, rate, self.folder),
            None => prepared.wrk(drive, self.folder),
        })?;
        sample.redis_hits = share(hits_before, self.hits(live)?);
        Ok(sample)
    }

    fn hits(&self, live: &Live) -> Result<Option<(u64, u64)>> {
        self.caches.get(&live.name).map(|(redis, _)| redis.hits()).transpose()
    }

    /// System calls of the server a request.
    ///
    /// # Errors
    /// They cannot be counted here.
    pub fn system_calls(&self, live: &Live, workload: &Workload) -> Result<f64> {
        let prepared = self.prepare(workload, 1)?;
        let drive = self.drive(live, self.options.connections, 1.0);
        measure::system_calls(live.measured.server, self.folder, || {
            prepared.wrk(drive, self.folder)
        })
    }
}

impl Live {
    #[must_use]
    pub fn port(&self) -> u16 {
        self.measured.port
    }

    /// # Errors
    /// It does not end by itself.
    pub fn stop(mut self) -> Result<()> {
        self.server.stop()
    }
}

/// The share of hits between two counts of hits and misses.
#[expect(clippy::cast_precision_loss)]
fn share(before: Option<(u64, u64)>, after: Option<(u64, u64)>) -> Option<f64> {
    let ((hits_before, misses_before), (hits, misses)) = before.zip(after)?;
    let (hits, misses) = (hits - hits_before, misses - misses_before);
    (hits + misses > 0).then(|| (hits as f64 / (hits + misses) as f64 * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_what_was_asked_meanwhile() {
        let share = share(Some((10, 10)), Some((13, 11))).unwrap();
        assert!((share - 0.75).abs() < 1e-9);
        assert_eq!(super::share(Some((1, 1)), Some((1, 1))), None);
        assert_eq!(super::share(None, None), None);
    }
}
