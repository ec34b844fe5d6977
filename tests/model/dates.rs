//! Dates as JavaScript writes them, by years and months counted out one by one.

const DAY_MS: i64 = 86_400_000;

/// Days of each month of a year.
fn months(year: i64) -> [i64; 12] {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ` of milliseconds since 1970.
pub fn text(milliseconds: i64) -> String {
    let (mut year, mut month, mut days) = (1970, 0, milliseconds / DAY_MS);
    while days >= months(year)[month] {
        days -= months(year)[month];
        (year, month) = if month == 11 { (year + 1, 0) } else { (year, month + 1) };
    }
    let time = milliseconds % DAY_MS;
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
    let date = format!("{year:04}-{:02}-{:02}", month + 1, days + 1);
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{:03}Z", time % 1000)
}

/// What [`text`] was written from.
pub fn milliseconds(date: &str) -> i64 {
    let part = |from: usize, to: usize| date[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
    let mut days: i64 = (1970..year).map(|year| months(year).iter().sum::<i64>()).sum();
    days += months(year)[..usize::try_from(month).unwrap() - 1].iter().sum::<i64>() + day - 1;
    let seconds = days * 86400 + part(11, 13) * 3600 + part(14, 16) * 60 + part(17, 19);
    seconds * 1000 + part(20, 23)
}

/// The day alone, when it is midnight.
pub fn day(milliseconds: i64) -> Option<String> {
    (milliseconds % DAY_MS == 0).then(|| text(milliseconds)[..10].to_owned())
}

/// Now, in milliseconds since 1970.
pub fn now() -> i64 {
    i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

#[test]
fn dates_are_written_and_read() {
    for (date, expected) in [
        ("1970-01-01T00:00:00.000Z", 0),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999),
        ("2021-08-13T14:38:44.509Z", 1_628_865_524_509),
    ] {
        assert_eq!((text(expected).as_str(), milliseconds(date)), (date, expected));
    }
}
