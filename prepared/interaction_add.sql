-- A click that a page tells of. The table lies outside of what an import replaces.
insert into atelier_log.interactions (element, widget, time)
values ($1, $2, $3)
