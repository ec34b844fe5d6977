//! Points in time in the forms that the known files have: epoch milliseconds, epoch seconds, a
//! day, and ISO 8601 with or without fraction and zone. A time without a zone is UTC.

use super::clean::digits;

const MICROSECONDS: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

/// Microseconds since 1970-01-01T00:00:00Z; `None` for what is no date.
pub fn microseconds(text: &[u8]) -> Option<i64> {
    match text.len() {
        // 13 digits are milliseconds from September 2001 on, 12 from March 1973 on.
        12 | 13 if text.iter().all(u8::is_ascii_digit) => Some(digits(text)? * 1000),
        10 if text.iter().all(u8::is_ascii_digit) => Some(digits(text)? * MICROSECONDS),
        10.. => iso(text),
        _ => None,
    }
}

/// `YYYY-MM-DD`, with `T` or a space and a time behind it or not.
fn iso(text: &[u8]) -> Option<i64> {
    let (day, time) = text.split_at_checked(10)?;
    if day[4] != b'-' || day[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&day[..4])?, digits(&day[5..7])?, digits(&day[8..])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * DAY_SECONDS * MICROSECONDS;
    match time {
        [] => Some(midnight),
        [b'T' | b't' | b' ', time @ ..] => Some(midnight + time_of_day(time)?),
        _ => None,
    }
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`, each with a zone or not, in microseconds.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let zone_start = text.iter().position(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    let (clock, zone) = text.split_at(zone_start.unwrap_or(text.len()));
    let clock = clock.trim_ascii_end();
    let (hour, minute) = hour_and_minute(clock.get(..5)?)?;
    let (second, fraction) = match &clock[5..] {
        [] => (0, &[][..]),
        [b':', tens, ones] => (digits(&[*tens, *ones])?, &[][..]),
        [b':', tens, ones, b'.', fraction @ ..] => (digits(&[*tens, *ones])?, fraction),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = 0;
    for place in 0..6 {
        micros = micros * 10 + fraction.get(place).map_or(Some(0), |byte| digits(&[*byte]))?;
    }
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second - zone_seconds(zone)?;
    Some(seconds * MICROSECONDS + micros)
}

/// `+HH`, `+HHMM` or `+HH:MM` with either sign, `Z` or nothing.
fn zone_seconds(zone: &[u8]) -> Option<i64> {
    let (sign, offset) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'-', offset @ ..] => (-1, offset),
        [_, offset @ ..] => (1, offset),
    };
    let (hour, minute) = match offset {
        [tens, ones] => (digits(&[*tens, *ones])?, 0),
        [tens, ones, minute @ ..] if minute.len() == 2 => {
            (digits(&[*tens, *ones])?, digits(minute)?)
        }
        _ => hour_and_minute(offset)?,
    };
    (hour <= 15 && minute <= 59).then_some(sign * (hour * 3600 + minute * 60))
}

fn hour_and_minute(text: &[u8]) -> Option<(i64, i64)> {
    match text {
        [a, b, b':', c, d] => Some((digits(&[*a, *b])?, digits(&[*c, *d])?)),
        _ => None,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts in years that begin with March, so that the leap day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let march_year = if month > 2 { year } else { year - 1 };
    let march_month = (month + 9) % 12;
    let leap_days =
        march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
    // Months from March on have 31, 30, 31, 30, 31 days, over and over: 153 in five months.
    let days = 365 * march_year + leap_days + (153 * march_month + 2) / 5 + day - 1;
    // 719,468 days lie between March 1st of the year 0 and 1970.
    days - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_date_is_read() {
        for (text, expected) in [
            ("1596080481467", 1_596_080_481_467_000),
            ("946684800000", 946_684_800_000_000),
            ("1596080481", 1_596_080_481_000_000),
            ("1970-01-01", 0),
            ("2019-01-01", 1_546_300_800_000_000),
            ("2020-02-29", 1_582_934_400_000_000),
            ("1969-12-31", -86_400_000_000),
            ("2000-03-01T00:00:00Z", 951_868_800_000_000),
            ("2020-07-30T03:41:21.467Z", 1_596_080_481_467_000),
            ("2020-07-30 03:41:21.4670009", 1_596_080_481_467_000),
            ("2020-07-30T03:41", 1_596_080_460_000_000),
            ("2020-07-30T05:41:21.467+02:00", 1_596_080_481_467_000),
            ("2020-07-29 20:11:21.467-0730", 1_596_080_481_467_000),
            ("2020-07-30 03:41:21.467 +00", 1_596_080_481_467_000),
        ] {
            assert_eq!(microseconds(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "null",
            "2019",
            "15960804814670",
            "2019-02-29",
            "2019-13-01",
            "2019-00-10",
            "2019/01/01",
            "2019-01-01x",
            "2019-01-01T",
            "2019-01-01T24:00",
            "2019-01-01T10:60",
            "2019-01-01T10:00:00.x",
            "2019-01-01T10:00:00.1234567x",
            "2019-01-01T10:00+25",
            "2019-01-01T10:00:00é",
        ] {
            assert_eq!(microseconds(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn days_follow_each_other_through_four_centuries() {
        let mut expected = days_since_1970(1900, 1, 1);
        for year in 1900..2300 {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    assert_eq!(days_since_1970(year, month, day), expected);
                    expected += 1;
                }
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_a_date_or_none() {
        arbtest::arbtest(|u| {
            let mut text = b"2019-01-01T10:00:00.123+01:00".to_vec();
            for _ in 0..u.int_in_range(0..=3)? {
                let at = u.choose_index(text.len())?;
                text[at] = u.arbitrary()?;
            }
            text.truncate(u.int_in_range(0..=text.len())?);
            if let Some(found) = microseconds(&text) {
                assert!(found.abs() < 400_000_000_000_000_000);
            }
            Ok(())
        });
    }
}
