//! Medians and spreads.

/// The middle of some values and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// The median of how far the values are from their median: one odd round does not move it.
    pub deviation: f64,
}

impl Summary {
    /// None of no values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        let median = middle(&mut values)?;
        let mut deviations: Vec<f64> = values.iter().map(|it| (it - median).abs()).collect();
        let deviation = middle(&mut deviations)?;
        Some(Self { median, min: values[0], max: values[values.len() - 1], deviation })
    }
}

/// Sorts, and gives the middle.
fn middle(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[half]),
        _ => Some(f64::midpoint(values[half - 1], values[half])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let summary = Summary::of([3.0, 1.0, 20.0]).unwrap();
        assert_eq!(summary, Summary { median: 3.0, min: 1.0, max: 20.0, deviation: 2.0 });
        assert_eq!(Summary::of([4.0, 2.0]).unwrap().median.to_bits(), 3.0_f64.to_bits());
        assert_eq!(Summary::of([]), None);
    }
}
