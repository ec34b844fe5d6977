//! What the reader makes of broken quotes: what is repaired, and that no good line is lost.

use super::*;
use arbtest::{arbitrary::Unstructured, arbtest};
use std::collections::HashMap;

/// A row as the tests compare it: its line, whether it was repaired, its fields.
type Seen = (u64, bool, Vec<String>);

/// Gives its bytes in pieces of one size, so that records straddle reads.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(into.len()).min(self.0.len());
        let (now, later) = self.0.split_at(count);
        into[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

fn read_pieces(input: &[u8], columns: usize, piece: usize) -> (Vec<Seen>, Vec<(u64, String)>) {
    let mut rows = Rows::new(Pieces(input, piece), columns);
    let (mut seen, mut bad) = (Vec::new(), Vec::new());
    loop {
        match rows.step().unwrap() {
            Step::Row(row) => {
                let text = |column| String::from_utf8_lossy(row.field(column).bytes).into_owned();
                seen.push((row.line, row.repaired, (0..columns).map(text).collect()));
            }
            Step::Bad(line) => bad.push((line.line, line.reason)),
            Step::End => return (seen, bad),
        }
    }
}

fn read(input: &str, columns: usize) -> (Vec<Seen>, Vec<(u64, String)>) {
    read_pieces(input.as_bytes(), columns, 1 << 16)
}

fn row(line: u64, repaired: bool, fields: &[&str]) -> Seen {
    (line, repaired, fields.iter().map(|field| (*field).to_owned()).collect())
}

#[test]
fn a_quote_left_open_costs_only_its_own_line_a_repair() {
    // The second line closes the first one's quote, in a way that many parsers accept.
    let (rows, bad) = read("1,1,\"http://a\n2,1,\"http://b\"\n3,1,\"http://c\"", 3);
    assert_eq!(bad, []);
    assert_eq!(
        rows,
        [
            row(1, true, &["1", "1", "http://a"]),
            row(2, false, &["2", "1", "http://b"]),
            row(3, false, &["3", "1", "http://c"]),
        ]
    );
}

#[test]
fn thumbnails_left_open_swallow_no_row() {
    // Rows of photos.csv: the last field's quote is missing in some, also in neighbours and in
    // the last, and what follows an open one has quotes in other places, or none.
    let lines = [
        ("1,1,\"https://a\",\"https://b", ["1", "1", "https://a", "https://b"], true),
        ("2,1,\"https://a\",\"https://b\"", ["2", "1", "https://a", "https://b"], false),
        ("3,1,\"https://a\",\"https://b", ["3", "1", "https://a", "https://b"], true),
        ("4,1,\"https://a\",\"https://c", ["4", "1", "https://a", "https://c"], true),
        ("5,1,null,null", ["5", "1", "null", "null"], false),
        ("6,1,\"\",\"https://b", ["6", "1", "", "https://b"], true),
        ("7,1,\"\",\"\"", ["7", "1", "", ""], false),
        ("8,1,\"https://a,\"https://b\"", ["8", "1", "https://a", "https://b"], true),
        ("9,1,\"data:a,b\",\"data:c,d", ["9", "1", "data:a,b", "data:c,d"], true),
    ];
    for line_end in ["\n", "\r\n"] {
        for last in 1..=lines.len() {
            let lines = &lines[..last];
            let input: Vec<_> = lines.iter().map(|(line, ..)| *line).collect();
            let input = input.join(line_end);
            let expected: Vec<_> =
                (1..).zip(lines).map(|(at, (_, fields, open))| row(at, *open, fields)).collect();
            for input in [input.clone(), input + line_end] {
                assert_eq!(read(&input, 4), (expected.clone(), vec![]), "{input:?}");
            }
        }
    }
}

#[test]
fn a_text_of_several_lines_is_one_row_and_lines_are_counted_through_it() {
    let (rows, bad) = read("1,\"a\n\nb\",x\n\n2,c,y\r\n", 3);
    assert_eq!(bad, []);
    assert_eq!(rows, [row(1, false, &["1", "a\n\nb", "x"]), row(5, false, &["2", "c", "y"])]);
}

#[test]
fn a_whole_row_is_no_part_of_the_text_before_it() {
    // By the rules of CSV this is one row, whose second field is `open`, a line end and `2,a,`.
    let (rows, bad) = read("1,\"open\n2,a,\",begins with a comma\"\n", 3);
    assert_eq!(bad.len(), 1);
    assert_eq!(rows, [row(2, false, &["2", "a", ",begins with a comma"])]);
}

#[test]
fn lines_that_fit_no_way_are_bad_and_say_why() {
    let (rows, bad) = read("1,2\n1,2,3,4\n,\"a\"b\"\"\"\n4,5,6\n", 3);
    assert_eq!(rows, [row(4, false, &["4", "5", "6"])]);
    let reasons = [
        (1, "2 fields where 3 are expected"),
        (2, "4 fields where 3 are expected"),
        (3, "broken quotes, and 2 fields where 3 are expected"),
    ];
    assert_eq!(bad, reasons.map(|(line, reason)| (line, reason.to_owned())));
}

#[test]
fn a_line_longer_than_the_limit_is_bad_and_the_next_one_is_read() {
    for (line, reason) in [
        (format!("1,\"{}", "x".repeat(FIELD_BYTES_MAX + 1)), "a field is longer than 1048576"),
        (format!("1,{}", "x".repeat(2 * RECORD_BYTES_MAX)), "the row is longer than 4194304"),
        (format!("1{}", ",x".repeat(RECORD_BYTES_MAX)), "the row is longer than 4194304"),
    ] {
        let (rows, bad) = read(&format!("{line}\n2,b\n3,c"), 2);
        assert_eq!(rows, [row(2, false, &["2", "b"]), row(3, false, &["3", "c"])]);
        assert_eq!(bad.len(), 1);
        assert_eq!(bad[0].0, 1);
        assert!(bad[0].1.starts_with(reason), "{}", bad[0].1);
    }
}

#[test]
fn the_header_loses_its_byte_order_mark_spaces_and_quotes() {
    let header = |input: &[u8]| {
        let mut rows = Rows::new(input, 2);
        rows.header().unwrap()
    };
    let names = || Some(vec!["id".to_owned(), "product_id".to_owned()]);
    assert_eq!(header(b"\xef\xbb\xbfid, product_id\r\n1,2\n"), names());
    assert_eq!(header(b"\"id\",\"product_id\" "), names());
    assert_eq!(header(b""), None);
}

/// A line that is a whole row of three fields by itself.
fn good_line(u: &mut Unstructured, id: usize) -> arbtest::arbitrary::Result<String> {
    let mut line = id.to_string();
    for _ in 1..3 {
        let field = *u.choose(&["", "a", "\"\"", "\", a\"", "\"\"\",\"", " \"b\"\"\" ", "null"])?;
        line = format!("{line},{field}");
    }
    Ok(line)
}

#[test]
fn good_lines_after_garbage_survive() {
    arbtest(|u| {
        let mut input = Vec::new();
        let mut good = HashMap::new();
        let mut line = 0;
        while !u.is_empty() && line < 40 {
            line += 1;
            if u.arbitrary()? {
                let text = good_line(u, line)?;
                let fields = read(&text, 3).0[0].2.clone();
                input.extend_from_slice(text.as_bytes());
                good.insert(line as u64, fields);
            } else {
                for _ in 0..u.int_in_range(0..=12)? {
                    input.push(*u.choose(b"\"\"\"\",,1a \r\0\xff")?);
                }
            }
            input.push(b'\n');
        }
        let piece = u.int_in_range(1..=64)?;
        let (rows, bad) = read_pieces(&input, 3, piece);
        let whole = read_pieces(&input, 3, usize::MAX);
        assert_eq!((&rows, &bad), (&whole.0, &whole.1), "the reads' sizes do not matter");
        for (line, repaired, fields) in rows {
            if let Some(expected) = good.remove(&line) {
                assert_eq!((repaired, fields), (false, expected));
            }
        }
        assert!(good.is_empty(), "{good:?} of {:?}", String::from_utf8_lossy(&input));
        Ok(())
    });
}

#[test]
fn arbitrary_bytes_are_read_to_their_end() {
    arbtest(|u| {
        let input: Vec<u8> = u.arbitrary()?;
        let columns = u.int_in_range(1..=4)?;
        let mut rows = Rows::new(&input[..], columns);
        let lines = input.split(|byte| *byte == b'\n').count() as u64;
        let mut last = 0;
        loop {
            let line = match rows.step().unwrap() {
                Step::Row(row) => {
                    assert_eq!(row.spans.len(), columns);
                    row.line
                }
                Step::Bad(bad) => bad.line,
                Step::End => break,
            };
            assert!(last < line && line <= lines);
            last = line;
        }
        assert!(rows.reader().is_empty(), "the reader is read to its end");
        Ok(())
    });
}

#[test]
fn what_a_csv_writer_wrote_is_read_back() {
    arbtest(|u| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut expected = Vec::new();
        for id in 0..u.int_in_range(0..=20)? {
            let mut fields = vec![id.to_string()];
            for _ in 1..3 {
                let length = u.int_in_range(0..=6)?;
                let letter = |_| u.choose(&['"', ',', '\n', 'a', 'é']).copied();
                fields.push((0..length).map(letter).collect::<Result<String, _>>()?);
            }
            writer.write_record(&fields).unwrap();
            expected.push(fields);
        }
        let input = writer.into_inner().unwrap();
        let (rows, bad) = read_pieces(&input, 3, 7);
        assert_eq!(bad, []);
        assert_eq!(rows.into_iter().map(|row| row.2).collect::<Vec<_>>(), expected);
        Ok(())
    });
}
