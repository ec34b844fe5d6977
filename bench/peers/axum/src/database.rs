//! The database, asked in one of two ways, with Atelier's own statements.

use crate::failure::Failure;
use anyhow::{Context, bail};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use std::env::var;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row};

/// A statement: its place in `STATEMENTS`.
#[derive(Clone, Copy)]
pub enum Ask {
    ProductList,
    Product,
    ProductStyles,
    ProductRelated,
    ReviewListHelpful,
    ReviewListNewest,
    ReviewMeta,
    QuestionList,
    AnswerList,
    ReviewAdd,
    ReviewHelpful,
    QuestionAdd,
    AnswerAdd,
}

macro_rules! statement {
    ($name:literal, $($type:ident),*) => {
        (include_str!(concat!("../../../../prepared/", $name, ".sql")), &[$(Type::$type),*])
    };
}

/// In the order of [`Ask`].
const STATEMENTS: [(&str, &[Type]); 13] = [
    statement!("product_list", INT8, INT8, INT4),
    statement!("product", INT4),
    statement!("product_styles", INT4),
    statement!("product_related", INT4),
    statement!("review_list_helpful", INT4, INT8, INT8),
    statement!("review_list_newest", INT4, INT8, INT8),
    statement!("review_meta", INT4),
    statement!("question_list", INT4, INT8, INT8),
    statement!("answer_list", INT4, INT8, INT8),
    statement!(
        "review_add",
        INT4,
        INT2,
        BOOL,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT_ARRAY,
        INT4_ARRAY,
        INT4_ARRAY
    ),
    statement!("review_helpful", INT4),
    statement!("question_add", INT4, TEXT, TEXT, TEXT),
    statement!("answer_add", INT4, TEXT, TEXT, TEXT, TEXT_ARRAY),
];

/// Clients for what changes rows, so that no read waits behind a commit's flush to disk.
const WRITE_CLIENTS: usize = 2;

type Parameters<'p> = [&'p (dyn ToSql + Sync)];

pub enum Database {
    Pool(Pool),
    Pipelined { reads: Clients, writes: Clients },
}

impl Database {
    /// Connects as the environment says.
    pub async fn open() -> anyhow::Result<Self> {
        let mut config = Config::new();
        config
            .host_path(var("PGHOST").context("PGHOST is not set")?)
            .port(var("PGPORT").context("PGPORT is not set")?.parse()?)
            .user(var("PGUSER").as_deref().unwrap_or("postgres"))
            .dbname(var("PGDATABASE").as_deref().unwrap_or("atelier"))
            // A plan for each statement, made once: as in Atelier.
            .options("-c search_path=atelier -c plan_cache_mode=force_generic_plan -c jit=off");
        let connections = |usual| var("CONNECTIONS").map_or(Ok(usual), |count| count.parse());
        match var("DATABASE_MODE").context("DATABASE_MODE is not set")?.as_str() {
            "pool" => {
                let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
                let manager = Manager::from_config(config, NoTls, recycling);
                Ok(Self::Pool(Pool::builder(manager).max_size(connections(8)?).build()?))
            }
            "pipelined" => Ok(Self::Pipelined {
                reads: Clients::connect(&config, connections(2)?).await?,
                writes: Clients::connect(&config, WRITE_CLIENTS).await?,
            }),
            _ => bail!("DATABASE_MODE is pool or pipelined"),
        }
    }

    pub async fn read(&self, ask: Ask, parameters: &Parameters<'_>) -> Result<Vec<Row>, Failure> {
        match self {
            Self::Pool(pool) => rows_of_pool(pool, ask, parameters).await,
            Self::Pipelined { reads, .. } => reads.rows(ask, parameters).await,
        }
    }

    /// As [`Database::read`], for a statement that changes rows and returns what it made.
    pub async fn write(&self, ask: Ask, parameters: &Parameters<'_>) -> Result<Vec<Row>, Failure> {
        match self {
            Self::Pool(pool) => rows_of_pool(pool, ask, parameters).await,
            Self::Pipelined { writes, .. } => writes.rows(ask, parameters).await,
        }
    }

    /// Runs a statement that returns nothing; how many rows it changed.
    pub async fn change(&self, ask: Ask, parameters: &Parameters<'_>) -> Result<u64, Failure> {
        match self {
            Self::Pool(pool) => {
                let client = pool.get().await?;
                let (sql, types) = STATEMENTS[ask as usize];
                let statement = client.prepare_typed_cached(sql, types).await?;
                Ok(client.execute(&statement, parameters).await?)
            }
            Self::Pipelined { writes, .. } => {
                let Prepared { client, statements } = writes.next();
                Ok(client.execute(&statements[ask as usize], parameters).await?)
            }
        }
    }
}

async fn rows_of_pool(
    pool: &Pool,
    ask: Ask,
    parameters: &Parameters<'_>,
) -> Result<Vec<Row>, Failure> {
    let client = pool.get().await?;
    let (sql, types) = STATEMENTS[ask as usize];
    let statement = client.prepare_typed_cached(sql, types).await?;
    Ok(client.query(&statement, parameters).await?)
}

/// Clients that share the requests, in turn; each pipelines what it is asked meanwhile.
pub struct Clients {
    clients: Vec<Prepared>,
    turn: AtomicUsize,
}

struct Prepared {
    client: Client,
    /// In the order of [`Ask`].
    statements: Vec<tokio_postgres::Statement>,
}

impl Clients {
    async fn connect(config: &Config, count: usize) -> anyhow::Result<Self> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(async move {
                let ended = connection.await;
                eprintln!("error: a connection to the database ended: {ended:?}");
                std::process::exit(1);
            });
            let mut statements = Vec::with_capacity(STATEMENTS.len());
            for (sql, types) in STATEMENTS {
                statements.push(client.prepare_typed(sql, types).await?);
            }
            clients.push(Prepared { client, statements });
        }
        Ok(Self { clients, turn: AtomicUsize::new(0) })
    }

    fn next(&self) -> &Prepared {
        &self.clients[self.turn.fetch_add(1, Ordering::Relaxed) % self.clients.len()]
    }

    async fn rows(&self, ask: Ask, parameters: &Parameters<'_>) -> Result<Vec<Row>, Failure> {
        let Prepared { client, statements } = self.next();
        Ok(client.query(&statements[ask as usize], parameters).await?)
    }
}
