//! Drawings: bars in boxes, and lines over logarithmic axes. Knows nothing of what they show.
//!
//! SVG with text as text: whoever shows it has the font, and none is needed to make it.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::ops::Range;
use std::path::Path;

/// Told apart by most eyes, also in print.
const COLOURS: [RGBColor; 12] = [
    RGBColor(31, 119, 180),
    RGBColor(255, 127, 14),
    RGBColor(44, 160, 44),
    RGBColor(214, 39, 40),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(227, 119, 194),
    RGBColor(127, 127, 127),
    RGBColor(188, 189, 34),
    RGBColor(23, 190, 207),
    RGBColor(0, 60, 110),
    RGBColor(170, 200, 230),
];

const FONT: &str = "sans-serif";
const TITLE_PX: i32 = 21;
const TEXT_PX: i32 = 15;
/// A box of bars.
const BOX_WIDTH: i32 = 440;
const LABEL_WIDTH: i32 = 130;
const BAR_WIDTH: i32 = 170;
const BAR_HEIGHT: i32 = 19;
const BOX_HEAD: i32 = 32;
const HEAD: i32 = 44;

/// One bar, of parts behind each other.
#[derive(Clone, Debug)]
pub struct Bar {
    pub label: String,
    pub colour: usize,
    pub parts: Vec<f64>,
    pub text: String,
}

/// Bars that are compared with each other.
#[derive(Clone, Debug)]
pub struct Facet {
    pub title: String,
    pub bars: Vec<Bar>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    pub colour: usize,
    pub points: Vec<(f64, f64)>,
}

/// The words of a chart.
#[derive(Clone, Copy, Debug)]
pub struct Words<'w> {
    pub title: &'w str,
    pub x: &'w str,
    pub y: &'w str,
}

fn colour(number: usize) -> RGBColor {
    COLOURS[number % COLOURS.len()]
}

/// The same colour, lighter by some steps.
fn lighter(colour: RGBColor, steps: usize) -> RGBColor {
    let mix = |it: u8| {
        let mut it = u16::from(it);
        for _ in 0..steps {
            it = u16::midpoint(it, 255);
        }
        u8::try_from(it).unwrap_or(255)
    };
    RGBColor(mix(colour.0), mix(colour.1), mix(colour.2))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn text(area: &Area<'_>, at: (i32, i32), text: &str, size: i32) -> Result<()> {
    let style = (FONT, size).into_font().color(&BLACK);
    let text = Text::new(text.to_owned(), at, style);
    area.draw(&text).map_err(|error| anyhow!("{error}"))
}

fn rectangle(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<()> {
    let rectangle = Rectangle::new([from, to], colour.filled());
    area.draw(&rectangle).map_err(|error| anyhow!("{error}"))
}

/// Boxes of bars, each box to its own scale.
///
/// # Errors
/// The file cannot be written.
pub fn bars(path: &Path, title: &str, facets: &[Facet]) -> Result<()> {
    let columns = if facets.len() < 3 { facets.len().max(1) } else { 3 };
    let rows: Vec<&[Facet]> = facets.chunks(columns).collect();
    let height_of = |row: &[Facet]| {
        let most = row.iter().map(|it| it.bars.len()).max().unwrap_or(0);
        BOX_HEAD + BAR_HEIGHT * i32::try_from(most).unwrap_or(0) + 14
    };
    let width = BOX_WIDTH * i32::try_from(columns)?;
    let height = HEAD + rows.iter().map(|it| height_of(it)).sum::<i32>();
    let size = (u32::try_from(width)?, u32::try_from(height)?);
    let area = SVGBackend::new(path, size).into_drawing_area();
    area.fill(&WHITE).map_err(|error| anyhow!("{error}"))?;
    text(&area, (12, 12), title, TITLE_PX)?;
    let mut y = HEAD;
    for row in rows {
        for (column, facet) in row.iter().enumerate() {
            facet.draw(&area, (BOX_WIDTH * i32::try_from(column)? + 12, y))?;
        }
        y += height_of(row);
    }
    area.present().map_err(|error| anyhow!("{}: {error}", path.display()))
}

impl Facet {
    #[expect(clippy::cast_possible_truncation)]
    fn draw(&self, area: &Area<'_>, (x, y): (i32, i32)) -> Result<()> {
        text(area, (x, y + 4), &self.title, TEXT_PX + 2)?;
        let longest = self.bars.iter().map(|it| it.parts.iter().sum::<f64>()).fold(1e-9, f64::max);
        let mut y = y + BOX_HEAD;
        for bar in &self.bars {
            text(area, (x, y + 1), &bar.label, TEXT_PX)?;
            let mut from = 0.0;
            let at = |value: f64| {
                x + LABEL_WIDTH + (value / longest * f64::from(BAR_WIDTH)).round() as i32
            };
            for (step, part) in bar.parts.iter().enumerate() {
                let shade = lighter(colour(bar.colour), step);
                rectangle(area, (at(from), y), (at(from + part), y + BAR_HEIGHT - 4), shade)?;
                from += part;
            }
            text(area, (at(from) + 5, y + 1), &bar.text, TEXT_PX)?;
            y += BAR_HEIGHT;
        }
        Ok(())
    }
}

/// Lines over two logarithmic axes, named at the right.
///
/// # Errors
/// The file cannot be written.
pub fn lines(path: &Path, words: Words<'_>, lines: &[Line]) -> Result<()> {
    let points = || lines.iter().flat_map(|it| it.points.iter().copied());
    let (Some(x), Some(y)) = (bounds(points().map(|it| it.0)), bounds(points().map(|it| it.1)))
    else {
        return Ok(());
    };
    let root = SVGBackend::new(path, (920, 520)).into_drawing_area();
    draw_lines(&root, words, lines, x, y)
        .and_then(|()| root.present())
        .map_err(|error| anyhow!("{}: {error}", path.display()))
}

fn draw_lines(
    root: &Area<'_>,
    words: Words<'_>,
    lines: &[Line],
    x: Range<f64>,
    y: Range<f64>,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    root.fill(&WHITE)?;
    let (left, right) = root.split_horizontally(720);
    let mut chart = ChartBuilder::on(&left)
        .caption(words.title, (FONT, TITLE_PX))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d(x.log_scale(), y.log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(words.x)
        .y_desc(words.y)
        .x_label_formatter(&|it| short(*it))
        .y_label_formatter(&|it| short(*it))
        .label_style((FONT, TEXT_PX))
        .draw()?;
    for (place, line) in lines.iter().enumerate() {
        let style = colour(line.colour).stroke_width(2);
        chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        let dot = |point: &(f64, f64)| Circle::new(*point, 3, colour(line.colour).filled());
        chart.draw_series(line.points.iter().map(dot))?;
        let y = 60 + 20 * i32::try_from(place).unwrap_or(0);
        let key = [(4, y - 5), (18, y + 5)];
        right.draw(&Rectangle::new(key, colour(line.colour).filled()))?;
        let style = (FONT, TEXT_PX).into_font().color(&BLACK);
        right.draw(&Text::new(line.label.clone(), (24, y - 6), style))?;
    }
    Ok(())
}

/// What an axis has to hold, with some room.
fn bounds(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    let (low, high) = values
        .filter(|it| *it > 0.0)
        .fold((f64::INFINITY, 0.0_f64), |(low, high), it| (low.min(it), high.max(it)));
    (high > 0.0).then_some(low * 0.8..high * 1.3)
}

/// A number for an axis.
fn short(value: f64) -> String {
    match value {
        it if it >= 10_000.0 => format!("{:.0}k", it / 1000.0),
        it if it >= 1000.0 => format!("{:.1}k", it / 1000.0).replace(".0k", "k"),
        it if it >= 10.0 || it.fract().abs() < 1e-9 => format!("{it:.0}"),
        it if it >= 1.0 => format!("{it:.1}"),
        it => format!("{it:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn bars_are_drawn_with_their_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bars.svg");
        let bar = |label: &str, value: f64| Bar {
            label: label.to_owned(),
            colour: 0,
            parts: vec![value, value],
            text: format!("{value}"),
        };
        let bars = vec![bar("one & all", 1.0), bar("two", 2.5)];
        let facets = vec![Facet { title: "a box".to_owned(), bars }; 4];
        super::bars(&path, "bars", &facets).unwrap();
        let svg = fs::read_to_string(path).unwrap();
        for part in ["one &amp; all", "2.5", "a box", "</svg>"] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn lines_are_drawn_with_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.svg");
        let points = vec![(1.0, 0.2), (1024.0, 80.0)];
        let line = Line { label: "a line".to_owned(), colour: 3, points };
        let words = Words { title: "lines", x: "rate", y: "ms" };
        lines(&path, words, &[line]).unwrap();
        let svg = fs::read_to_string(path).unwrap();
        assert!(svg.contains("a line") && svg.contains("rate"));
    }

    #[test]
    fn nothing_is_no_drawing() {
        let words = Words { title: "lines", x: "rate", y: "ms" };
        lines(Path::new("/nowhere/lines.svg"), words, &[]).unwrap();
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(0.05, "0.05"), (1.0, "1"), (1.5, "1.5"), (16.0, "16"), (1000.0, "1k"), (2e4, "20k")]
        {
            assert_eq!(short(value), text);
        }
    }
}
