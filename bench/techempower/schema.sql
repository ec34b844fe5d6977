-- The two tables of the tests, filled as the rules have them: ten thousand rows of random numbers,
-- and twelve fortunes, one of them a script that must not run, another not in Latin letters.

create table world (
    id integer primary key,
    randomnumber integer not null
);

insert into world (id, randomnumber)
select id, 1 + floor(random() * 10000)::integer
from generate_series(1, 10000) as id;

create table fortune (
    id integer primary key,
    message varchar(2048) not null
);

insert into fortune (id, message)
values
    (1, 'fortune: No such file or directory'),
    (2, 'A computer scientist is someone who fixes things that aren''t broken.'),
    (3, 'After enough decimal places, nobody gives a damn.'),
    (4, 'A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 4.33e+67, 4.33e+67'),
    (5, 'A computer program does what you tell it to do, not what you want it to do.'),
    (6, 'Emacs is a nice operating system, but I prefer UNIX. — Tom Christaensen'),
    (7, 'Any program that runs right is obsolete.'),
    (8, 'A list is only as strong as its weakest link. — Donald Knuth'),
    (9, 'Feature: A bug with seniority.'),
    (10, 'Computers make very fast, very accurate mistakes.'),
    (11, '<script>alert("This should not be displayed in a browser alert box.");</script>'),
    (12, 'フレームワークのベンチマーク');

vacuum analyze world, fortune;
