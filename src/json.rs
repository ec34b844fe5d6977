//! JSON written by hand into a reply's buffer: strings with their escapes, integers, dates, and
//! averages as PostgreSQL prints them.
//!
//! Pure. Object keys and punctuation are literals at the call sites.

/// Bytes examined together, in a shape that the compiler turns into vector instructions on any
/// x86-64 and ARM machine; what is clean is copied once, up to the next block that is not.
const BLOCK_BYTES: usize = 32;

/// Microseconds from 1970-01-01, where civil dates are reckoned from, to 2000-01-01, where
/// PostgreSQL's timestamps are.
const EPOCH_2000_US: i64 = 946_684_800_000_000;
const DAY_US: i64 = 86_400_000_000;

/// Digits behind the point of an average, as PostgreSQL's `avg(int)` has them for 1 to 5.
const AVERAGE_DIGITS_HALF: u64 = 100_000_000;

/// Appends `text`, which is UTF-8, as a JSON string with its quotes.
pub fn string(output: &mut Vec<u8>, text: &[u8]) {
    output.push(b'"');
    escaped(output, text);
    output.push(b'"');
}

/// Appends `text` as a JSON string, or `null`.
pub fn string_or_null(output: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => string(output, text),
        None => output.extend_from_slice(b"null"),
    }
}

/// Appends a decimal integer.
pub fn integer(output: &mut Vec<u8>, value: impl itoa::Integer) {
    output.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends `true` or `false`.
pub fn boolean(output: &mut Vec<u8>, value: bool) {
    output.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Appends a `timestamptz` (microseconds since 2000-01-01 UTC) as `"2022-02-19T00:00:00.000Z"`.
pub fn date(output: &mut Vec<u8>, timestamp_us: i64) {
    let since_1970_us = timestamp_us.saturating_add(EPOCH_2000_US);
    let (year, month, day) = civil_date(since_1970_us.div_euclid(DAY_US));
    let time_ms = since_1970_us.rem_euclid(DAY_US) / 1000;
    let year_digits = if (0..=9999).contains(&year) { 4 } else { 6 };
    // Filled in from the end and copied once: half the time of number after number.
    let mut text = *b"\"+000000-00-00T00:00:00.000Z\"";
    let (head, rest) = text.split_at_mut(8);
    let parts = [
        (1, month, 2),
        (4, day, 2),
        (7, time_ms / 3_600_000, 2),
        (10, time_ms / 60_000 % 60, 2),
        (13, time_ms / 1000 % 60, 2),
        (16, time_ms % 1000, 3),
    ];
    for (start, value, width) in parts {
        fill(&mut rest[start..start + width], value.unsigned_abs());
    }
    fill(&mut head[8 - year_digits..], year.unsigned_abs());
    if year_digits == 4 {
        output.push(b'"');
        output.extend_from_slice(&text[4..]);
    } else {
        // JavaScript's form for years of another number of digits.
        text[1] = if year < 0 { b'-' } else { b'+' };
        output.extend_from_slice(&text);
    }
}

/// Appends `sum / count` with sixteen digits behind the point, rounded half up, as a string; or
/// `null` when nothing was counted. Integers only: the last digits are beyond floating point.
pub fn average(output: &mut Vec<u8>, sum: u32, count: u32) {
    if count == 0 {
        output.extend_from_slice(b"null");
        return;
    }
    // Long division, eight digits at a time: a remainder is below 2^32, so that 10^8 of it fits.
    let count = u64::from(count);
    let whole = u64::from(sum) / count;
    let shifted = u64::from(sum) % count * AVERAGE_DIGITS_HALF;
    let high = shifted / count;
    let shifted = shifted % count * AVERAGE_DIGITS_HALF;
    let low = shifted / count + u64::from(2 * (shifted % count) >= count);
    // Rounding up can carry through all the digits: 0.99…96 becomes 1.
    let (high, low) = (high + low / AVERAGE_DIGITS_HALF, low % AVERAGE_DIGITS_HALF);
    let (whole, high) = (whole + high / AVERAGE_DIGITS_HALF, high % AVERAGE_DIGITS_HALF);
    output.push(b'"');
    integer(output, whole);
    output.push(b'.');
    digits(output, high, 8);
    digits(output, low, 8);
    output.push(b'"');
}

fn escaped(output: &mut Vec<u8>, text: &[u8]) {
    let mut clean_from = 0;
    for (index, block) in text.chunks(BLOCK_BYTES).enumerate() {
        if block.iter().fold(false, |dirty, &byte| dirty | needs_escape(byte)) {
            let block_start = index * BLOCK_BYTES;
            output.extend_from_slice(&text[clean_from..block_start]);
            escaped_bytewise(output, block);
            clean_from = block_start + block.len();
        }
    }
    output.extend_from_slice(&text[clean_from..]);
}

fn escaped_bytewise(output: &mut Vec<u8>, text: &[u8]) {
    let mut clean_from = 0;
    for (at, &byte) in text.iter().enumerate() {
        if needs_escape(byte) {
            output.extend_from_slice(&text[clean_from..at]);
            escape(output, byte);
            clean_from = at + 1;
        }
    }
    output.extend_from_slice(&text[clean_from..]);
}

const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The escapes of JavaScript's `JSON.stringify`.
fn escape(output: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            output.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[high], HEX[low]]);
            return;
        }
    };
    output.extend_from_slice(&[b'\\', short]);
}

/// Appends `value` with leading zeros to `width` digits; a longer value keeps its last ones.
fn digits(output: &mut Vec<u8>, value: u64, width: usize) {
    let start = output.len();
    output.resize(start + width, b'0');
    fill(&mut output[start..], value);
}

/// Writes the last digits of `value`, with leading zeros.
fn fill(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        // A remainder by ten is a digit.
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar extended both
/// ways. Years are reckoned from March, which puts the leap day at their end.
fn civil_date(day: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    const DAYS_FROM_YEAR_0_TO_1970: i64 = 719_468;
    let day = day + DAYS_FROM_YEAR_0_TO_1970;
    let era = day.div_euclid(DAYS_OF_400_YEARS);
    let day_of_era = day.rem_euclid(DAYS_OF_400_YEARS);
    let leap_days_passed = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days_passed) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut output = Vec::new();
        write(&mut output);
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn strings_read_back_as_what_they_were() {
        arbtest::arbtest(|random| {
            let text: String = random.arbitrary()?;
            let json = written(|output| string(output, text.as_bytes()));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            assert_eq!(json, serde_json::to_string(&text).unwrap());
            Ok(())
        });
    }

    #[test]
    fn escapes_are_found_at_every_place_of_a_block() {
        for at in 0..2 * BLOCK_BYTES {
            for special in ['"', '\\', '\n', '\u{1}', '\u{1f}', 'é'] {
                let mut text = "x".repeat(2 * BLOCK_BYTES + 5);
                text.insert(at, special);
                let json = written(|output| string(output, text.as_bytes()));
                assert_eq!(json, serde_json::to_string(&text).unwrap());
            }
        }
    }

    #[test]
    fn dates_are_those_of_the_recorded_replies() {
        let at = |us: i64| written(|output| date(output, us));
        assert_eq!(at(0), "\"2000-01-01T00:00:00.000Z\"");
        assert_eq!(at(1_596_080_481_467_000 - EPOCH_2000_US), "\"2020-07-30T03:41:21.467Z\"");
        assert_eq!(at(1_645_228_800_000_000 - EPOCH_2000_US), "\"2022-02-19T00:00:00.000Z\"");
        assert_eq!(at(951_782_400_000_000 - EPOCH_2000_US), "\"2000-02-29T00:00:00.000Z\"");
        assert_eq!(at(-EPOCH_2000_US - 1), "\"1969-12-31T23:59:59.999Z\"");
        assert_eq!(at(4_102_444_800_000_000 - EPOCH_2000_US), "\"2100-01-01T00:00:00.000Z\"");
    }

    #[test]
    fn any_timestamp_is_written() {
        for us in [i64::MIN, i64::MAX, 1 << 62, -(1 << 62)] {
            assert!(written(|output| date(output, us)).ends_with("Z\""));
        }
        assert!(written(|output| date(output, i64::MIN)).starts_with("\"-"));
    }

    #[test]
    fn averages_are_those_of_the_recorded_replies() {
        let of = |sum, count| written(|output| average(output, sum, count));
        assert_eq!(of(11, 3), "\"3.6666666666666667\"");
        assert_eq!(of(20, 5), "\"4.0000000000000000\"");
        assert_eq!(of(169, 70), "\"2.4142857142857143\"");
        assert_eq!(of(185, 54), "\"3.4259259259259259\"");
        assert_eq!(of(0, 0), "null");
    }

    #[test]
    fn averages_are_the_rounded_quotient() {
        arbtest::arbtest(|random| {
            let (sum, count): (u32, u32) = (random.arbitrary()?, random.arbitrary()?);
            if count == 0 {
                return Ok(());
            }
            let scale = 10_u128.pow(16);
            let twice = 2 * u128::from(sum) * scale + u128::from(count);
            let exact = twice / (2 * u128::from(count));
            let expected = format!("\"{}.{:016}\"", exact / scale, exact % scale);
            assert_eq!(written(|output| average(output, sum, count)), expected);
            Ok(())
        });
    }
}
