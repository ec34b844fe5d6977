//! Two connections shared by all requests: what they ask goes out together, each query as a
//! statement of its own. Updates have the second for themselves: one after the other they cannot
//! lock each other out.

use anyhow::{Result, ensure};
use futures_util::TryStreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use tokio_postgres::{Client, NoTls, Row, Statement};

const WORLD: &str = "select id, randomnumber from world where id = $1";
const WORLD_UPDATE: &str = "update world set randomnumber = new.randomnumber \
                            from unnest($1::int4[], $2::int4[]) as new (id, randomnumber) \
                            where world.id = new.id";
const FORTUNES: &str = "select id, message from fortune";

#[derive(Serialize)]
pub struct World {
    pub id: i32,
    #[serde(rename = "randomNumber")]
    pub random_number: i32,
}

pub struct Fortune {
    pub id: i32,
    pub message: String,
}

pub struct Database {
    reads: Client,
    writes: Client,
    world: Statement,
    world_update: Statement,
    fortunes: Statement,
}

/// A random id, or the random number of a row.
pub fn random() -> i32 {
    fastrand::i32(1..=10_000)
}

/// Different ids, in rising order.
pub fn random_ids(count: usize) -> Vec<i32> {
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let id = random();
        if let Err(place) = ids.binary_search(&id) {
            ids.insert(place, id);
        }
    }
    ids
}

impl Database {
    pub async fn open(url: &str) -> Result<Self> {
        let (reads, writes) = (connect(url).await?, connect(url).await?);
        Ok(Self {
            world: reads.prepare(WORLD).await?,
            fortunes: reads.prepare(FORTUNES).await?,
            world_update: writes.prepare(WORLD_UPDATE).await?,
            reads,
            writes,
        })
    }

    pub async fn world(&self, id: i32) -> Result<World, tokio_postgres::Error> {
        self.reads.query_one(&self.world, &[&id]).await.map(|row| World::from_row(&row))
    }

    /// The rows of `ids`, in any order, all asked before the first is waited for.
    pub async fn worlds(
        &self,
        ids: impl Iterator<Item = i32>,
    ) -> Result<Vec<World>, tokio_postgres::Error> {
        ids.map(|id| self.world(id)).collect::<FuturesUnordered<_>>().try_collect().await
    }

    pub async fn update(&self, worlds: &[World]) -> Result<()> {
        let (ids, numbers): (Vec<i32>, Vec<i32>) =
            worlds.iter().map(|world| (world.id, world.random_number)).unzip();
        let updated = self.writes.execute(&self.world_update, &[&ids, &numbers]).await?;
        ensure!(usize::try_from(updated) == Ok(worlds.len()), "an update missed rows");
        Ok(())
    }

    pub async fn fortunes(&self) -> Result<Vec<Fortune>, tokio_postgres::Error> {
        let rows = self.reads.query(&self.fortunes, &[]).await?;
        Ok(rows.iter().map(|row| Fortune { id: row.get(0), message: row.get(1) }).collect())
    }
}

impl World {
    fn from_row(row: &Row) -> Self {
        Self { id: row.get(0), random_number: row.get(1) }
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("the database is away: {error}");
        }
    });
    Ok(client)
}
