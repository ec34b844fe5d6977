//! The digits of a number, without the formatting machinery: the largest files are all numbers.

/// Digits of the largest u64.
const DIGITS_MAX: usize = 20;

/// The decimal digits of one number.
#[derive(Debug)]
pub struct Digits {
    digits: [u8; DIGITS_MAX],
    start: usize,
}

impl Digits {
    pub fn of(number: u64) -> Self {
        let mut digits = [b'0'; DIGITS_MAX];
        let mut start = DIGITS_MAX;
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            start -= 1;
            *digit = decimal(rest % 10);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}

/// Appends a decimal number.
pub fn push_number(out: &mut String, number: u64) {
    // Digits are ASCII, so this never fails.
    out.push_str(str::from_utf8(Digits::of(number).as_bytes()).unwrap_or_default());
}

/// Appends the lowest 48 bits as twelve hexadecimal digits.
pub fn push_hex_12(out: &mut String, number: u64) {
    for place in (0..12).rev() {
        let nibble = number >> (4 * place) & 0xf;
        out.push(char::from(b"0123456789abcdef"[usize::from(low_byte(nibble))]));
    }
}

fn decimal(digit: u64) -> u8 {
    b'0' + low_byte(digit)
}

#[expect(clippy::cast_possible_truncation, reason = "digits are below 16")]
fn low_byte(digit: u64) -> u8 {
    digit as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_formatting_machinery_writes_them() {
        for number in [0, 7, 10, 99, 100, 1_370_000_000_000, 0xfedc_ba98_7654, u64::MAX] {
            let mut text = String::from("at ");
            push_number(&mut text, number);
            text.push('-');
            push_hex_12(&mut text, number);
            assert_eq!(text, format!("at {number}-{:012x}", number & 0xffff_ffff_ffff));
        }
    }
}
