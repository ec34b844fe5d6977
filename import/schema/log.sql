-- What pages tell of their visitors. It is nobody's data set, and no import touches it: it has a
-- schema of its own beside the one that imports swap.
create schema if not exists atelier_log;
create table if not exists atelier_log.interactions (
  interaction_id bigint generated always as identity primary key,
  received_at timestamptz not null default now(),
  element text not null,
  widget text not null,
  -- As the page sent it: a date, or a number of some clock.
  time text not null
);
