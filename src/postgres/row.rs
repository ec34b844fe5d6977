//! Rows decoded in place: each call takes the next column off the bytes that the server sent.

/// A column was missing, null, or not of the type asked for. The statement and the code that
/// reads it disagree, or the server sent nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow;

/// What is left of one row: its columns in the order of the statement's list.
#[derive(Clone, Debug)]
pub struct Row<'b> {
    rest: &'b [u8],
    columns_left: u16,
}

impl<'b> Row<'b> {
    /// The row in the body of a DataRow message.
    ///
    /// # Errors
    /// [`BadRow`] when there is no column count.
    pub fn new(body: &'b [u8]) -> Result<Self, BadRow> {
        let (count, rest) = body.split_first_chunk().ok_or(BadRow)?;
        Ok(Self { rest, columns_left: u16::from_be_bytes(*count) })
    }

    /// The next column's bytes, `None` for null.
    ///
    /// # Errors
    /// [`BadRow`] when the columns are used up or cut short.
    pub fn bytes(&mut self) -> Result<Option<&'b [u8]>, BadRow> {
        self.columns_left = self.columns_left.checked_sub(1).ok_or(BadRow)?;
        let (length, rest) = self.rest.split_first_chunk().ok_or(BadRow)?;
        self.rest = rest;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            return Ok(None);
        };
        let (value, rest) = rest.split_at_checked(length).ok_or(BadRow)?;
        self.rest = rest;
        Ok(Some(value))
    }

    /// The next column, which is text or json and not null.
    ///
    /// # Errors
    /// [`BadRow`] when it is null or missing.
    pub fn text(&mut self) -> Result<&'b [u8], BadRow> {
        self.bytes()?.ok_or(BadRow)
    }

    /// The next column, an `int4`.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn int4(&mut self) -> Result<i32, BadRow> {
        self.fixed().map(i32::from_be_bytes)
    }

    /// The next column, an `int4` or null.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn int4_or_null(&mut self) -> Result<Option<i32>, BadRow> {
        let Some(bytes) = self.bytes()? else { return Ok(None) };
        Ok(Some(i32::from_be_bytes(bytes.try_into().map_err(|_| BadRow)?)))
    }

    /// The next column, an `int2`.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn int2(&mut self) -> Result<i16, BadRow> {
        self.fixed().map(i16::from_be_bytes)
    }

    /// The next column, an `int8`.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn int8(&mut self) -> Result<i64, BadRow> {
        self.fixed().map(i64::from_be_bytes)
    }

    /// The next column, a `timestamptz`: microseconds since 2000-01-01 UTC.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn timestamptz(&mut self) -> Result<i64, BadRow> {
        self.int8()
    }

    /// The next column, a `boolean`.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn bool(&mut self) -> Result<bool, BadRow> {
        self.fixed().map(|[byte]| byte != 0)
    }

    /// The next column, an array of one dimension.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn array(&mut self) -> Result<Array<'b>, BadRow> {
        self.array_or_null()?.ok_or(BadRow)
    }

    /// As [`Row::array`], `None` for null.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn array_or_null(&mut self) -> Result<Option<Array<'b>>, BadRow> {
        self.bytes()?.map(Array::new).transpose()
    }

    fn fixed<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], BadRow> {
        self.text()?.try_into().map_err(|_| BadRow)
    }
}

/// What is left of an array's elements.
#[derive(Clone, Debug)]
pub struct Array<'b> {
    rest: &'b [u8],
    left: u32,
}

impl<'b> Array<'b> {
    fn new(body: &'b [u8]) -> Result<Self, BadRow> {
        let (header, rest) = body.split_first_chunk::<12>().ok_or(BadRow)?;
        match header[..4] {
            [0, 0, 0, 0] => Ok(Array { rest: &[], left: 0 }),
            [0, 0, 0, 1] => {
                let (dimension, rest) = rest.split_first_chunk::<8>().ok_or(BadRow)?;
                let [a, b, c, d, ..] = *dimension;
                Ok(Array { rest, left: u32::from_be_bytes([a, b, c, d]) })
            }
            _ => Err(BadRow),
        }
    }

    /// The next element's bytes, `None` after the last.
    ///
    /// # Errors
    /// [`BadRow`] when it is null or cut short.
    pub fn text(&mut self) -> Result<Option<&'b [u8]>, BadRow> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let (length, rest) = self.rest.split_first_chunk().ok_or(BadRow)?;
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| BadRow)?;
        let (value, rest) = rest.split_at_checked(length).ok_or(BadRow)?;
        self.rest = rest;
        Ok(Some(value))
    }

    /// The next element of an `int4[]`, `None` after the last.
    ///
    /// # Errors
    /// [`BadRow`] when it is something else.
    pub fn int4(&mut self) -> Result<Option<i32>, BadRow> {
        let Some(bytes) = self.text()? else { return Ok(None) };
        Ok(Some(i32::from_be_bytes(bytes.try_into().map_err(|_| BadRow)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_order_and_end() {
        let body = b"\0\x04\0\0\0\x04\0\0\0\x07\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\x01\x01";
        let mut row = Row::new(body).unwrap();
        assert_eq!(row.int4(), Ok(7));
        assert_eq!(row.text(), Ok(&b"ab"[..]));
        assert_eq!(row.bytes(), Ok(None));
        assert_eq!(row.bool(), Ok(true));
        assert_eq!(row.bytes(), Err(BadRow));
    }

    #[test]
    fn arrays_are_walked_element_by_element() {
        let array = b"\0\0\0\x01\0\0\0\0\0\0\0\x17\0\0\0\x02\0\0\0\x01\0\0\0\x04\0\0\0\x05\
                      \0\0\0\x04\0\0\0\x06";
        let mut body = b"\0\x02\0\0\0\x24".to_vec();
        body.extend_from_slice(array);
        body.extend_from_slice(b"\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\x17");
        let mut row = Row::new(&body).unwrap();
        let mut elements = row.array().unwrap();
        assert_eq!(elements.int4(), Ok(Some(5)));
        assert_eq!(elements.int4(), Ok(Some(6)));
        assert_eq!(elements.int4(), Ok(None));
        assert_eq!(row.array().unwrap().int4(), Ok(None));
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        arbtest::arbtest(|random| {
            let bytes = random.bytes(random.len())?;
            if let Ok(mut row) = Row::new(bytes) {
                let _ = (row.int4(), row.bytes(), row.array(), row.bool(), row.timestamptz());
                if let Ok(mut array) = row.array() {
                    while let Ok(Some(_)) = array.text() {}
                }
            }
            Ok(())
        });
    }
}
