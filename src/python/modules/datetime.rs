//! `modules.datetime`: dates, times and the spans between them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::civil::{Date, DateTime, Time};
use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr, Tuple};
use minijinja::{Error, State, Value};

use super::super::args::{Args, given, text};
use super::super::failure;
use super::strftime::{offset, strftime};
use super::strptime::strptime;
use super::timezone::Zone;
use super::{Bound, Module, unknown_method};
use crate::jinja::is_repr;
use crate::world::Clock;

const DAY: i64 = 86_400_000_000;

/// The module; `now()` answers the start of the run.
pub(super) fn module(now: Clock) -> Value {
    Value::from_object(Classes { now })
}

/// A moment as Python's aware `datetime`, in UTC.
pub(crate) fn datetime_value(at: jiff::Timestamp) -> Value {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    Value::from_object(DateTimeObject { at, zone: Some(Zone::utc()) })
}

/// A date from `2026-01-31`.
pub(crate) fn date_of_text(text: &str) -> Option<Value> {
    Some(Value::from_object(DateObject(text.parse().ok()?)))
}

/// A time from `2026-01-31T12:34:56.5`, or with `+00:00` one in UTC.
pub(crate) fn datetime_of_text(text: &str) -> Option<Value> {
    let (clock, zone) = match text.strip_suffix("+00:00") {
        Some(clock) => (clock, Some(Zone::utc())),
        None => (text, None),
    };
    Some(Value::from_object(DateTimeObject { at: clock.parse().ok()?, zone }))
}

#[derive(Debug)]
struct Classes {
    now: Clock,
}

impl Object for Classes {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let class = |kind| Some(Value::from_object(Class { kind, now: self.now.clone() }));
        match key.as_str()? {
            "datetime" => class(Kind::DateTime),
            "date" => class(Kind::Date),
            "time" => class(Kind::Time),
            "timedelta" => class(Kind::Delta),
            "timezone" => Some(Value::from_object(Module {
                name: "datetime.timezone",
                call: |_, _| Err(unknown_method()),
                attribute: |name| (name == "utc").then(|| Value::from_object(Zone::utc())),
            })),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.get_value(&Value::from(method)).ok_or_else(unknown_method)?.call(state, args)
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    DateTime,
    Date,
    Time,
    Delta,
}

#[derive(Debug)]
struct Class {
    kind: Kind,
    now: Clock,
}

impl Class {
    fn now(&self, zone: Option<&Value>) -> Result<DateTimeObject, Error> {
        let at = DateTimeObject {
            at: self.now.now().to_zoned(jiff::tz::TimeZone::UTC).datetime(),
            zone: Some(Zone::utc()),
        };
        match zone.filter(|zone| given(zone)) {
            Some(zone) => Ok(at.astimezone(&zone_of(zone)?)),
            None => Ok(DateTimeObject { zone: None, ..at }),
        }
    }
}

impl Object for Class {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let at = match name {
            "now" | "utcnow" | "today" | "strptime" | "fromisoformat" | "fromtimestamp" | "combine" => {
                let receiver = Value::from_dyn_object(Arc::clone(self));
                return Some(Value::from_object(Bound { receiver, name: name.to_owned() }));
            }
            "min" => DateTime::new(1, 1, 1, 0, 0, 0, 0).ok()?,
            "max" => DateTime::new(9999, 12, 31, 23, 59, 59, 999_999_000).ok()?,
            _ => return None,
        };
        Some(match self.kind {
            Kind::DateTime => Value::from_object(DateTimeObject { at, zone: None }),
            Kind::Date => Value::from_object(DateObject(at.date())),
            Kind::Time => Value::from_object(TimeObject(at.time())),
            Kind::Delta => return None,
        })
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let number = |value: &Option<Value>, default: i64| {
            value.as_ref().filter(|value| given(value)).map_or(Ok(default), |value| {
                value.as_i64().ok_or_else(|| failure::other("parts of dates and times are whole numbers"))
            })
        };
        let too_far = || failure::other("a part of the date or time is out of range");
        match self.kind {
            Kind::DateTime => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
                let parts = Args::new("datetime", args).bind(names)?;
                let small = |at: usize| number(&parts[at], 0).map(|value| i8::try_from(value).unwrap_or(-1));
                let year = i16::try_from(number(&parts[0], 0)?).unwrap_or(0);
                let nanos = i32::try_from(number(&parts[6], 0)? * 1000).unwrap_or(-1);
                let at = DateTime::new(year, small(1)?, small(2)?, small(3)?, small(4)?, small(5)?, nanos)
                    .map_err(|_| too_far())?;
                let zone = parts[7].as_ref().filter(|zone| given(zone)).map(zone_of).transpose()?;
                Ok(Value::from_object(DateTimeObject { at, zone }))
            }
            Kind::Date => {
                let parts = Args::new("date", args).bind(["year", "month", "day"])?;
                let small = |at: usize| number(&parts[at], 0).map(|value| i8::try_from(value).unwrap_or(-1));
                let year = i16::try_from(number(&parts[0], 0)?).unwrap_or(0);
                Ok(Value::from_object(DateObject(
                    Date::new(year, small(1)?, small(2)?).map_err(|_| too_far())?,
                )))
            }
            Kind::Time => {
                let parts = Args::new("time", args).bind(["hour", "minute", "second", "microsecond"])?;
                let small = |at: usize| number(&parts[at], 0).map(|value| i8::try_from(value).unwrap_or(-1));
                let nanos = i32::try_from(number(&parts[3], 0)? * 1000).unwrap_or(-1);
                let time = Time::new(small(0)?, small(1)?, small(2)?, nanos).map_err(|_| too_far())?;
                Ok(Value::from_object(TimeObject(time)))
            }
            Kind::Delta => {
                let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
                let units = [DAY, 1_000_000, 1, 1000, 60_000_000, 3_600_000_000, 7 * DAY];
                let parts = Args::new("timedelta", args).bind(names)?;
                let mut micros = 0_i64;
                for (part, unit) in parts.iter().zip(units) {
                    let Some(part) = part.as_ref().filter(|part| given(part)) else { continue };
                    let scaled = match part.as_i64() {
                        Some(whole) => whole.checked_mul(unit),
                        #[expect(
                            clippy::cast_precision_loss,
                            reason = "spans of millennia need no microseconds"
                        )]
                        None => {
                            f64::try_from(part.clone()).ok().map(|part| (part * unit as f64).round() as i64)
                        }
                    };
                    micros = scaled.and_then(|scaled| micros.checked_add(scaled)).ok_or_else(too_far)?;
                }
                Ok(Value::from_object(DeltaObject { micros }))
            }
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        Ok(match (self.kind, method) {
            (Kind::DateTime, "now") => {
                let [zone] = args.bind(["tz"])?;
                Value::from_object(self.now(zone.as_ref())?)
            }
            (Kind::DateTime, "utcnow" | "today") => Value::from_object(self.now(None)?),
            (Kind::Date, "today") => Value::from_object(DateObject(self.now(None)?.at.date())),
            (Kind::DateTime, "strptime") => {
                let [string, format] = args.bind(["date_string", "format"])?;
                let string = text(string.as_ref()).unwrap_or_default();
                let format = text(format.as_ref()).unwrap_or_default();
                let (at, seconds) = strptime(&string, &format).map_err(failure::other)?;
                Value::from_object(DateTimeObject { at, zone: seconds.map(Zone::fixed) })
            }
            (Kind::DateTime | Kind::Date, "fromisoformat") => {
                let [string] = args.bind(["date_string"])?;
                let string = text(string.as_ref()).unwrap_or_default();
                let formats = [
                    "%Y-%m-%dT%H:%M:%S.%f%z",
                    "%Y-%m-%dT%H:%M:%S%z",
                    "%Y-%m-%dT%H:%M:%S.%f",
                    "%Y-%m-%dT%H:%M:%S",
                    "%Y-%m-%dT%H:%M",
                    "%Y-%m-%d",
                ];
                let iso = string.replacen(' ', "T", 1);
                let read = formats.iter().find_map(|format| strptime(&iso, format).ok());
                let (at, seconds) =
                    read.ok_or_else(|| failure::other(format!("Invalid isoformat string: '{string}'")))?;
                if matches!(self.kind, Kind::Date) {
                    Value::from_object(DateObject(at.date()))
                } else {
                    Value::from_object(DateTimeObject { at, zone: seconds.map(Zone::fixed) })
                }
            }
            (Kind::DateTime, "fromtimestamp" | "utcfromtimestamp") => {
                let [seconds, zone] = args.bind(["timestamp", "tz"])?;
                let seconds = seconds.and_then(|seconds| f64::try_from(seconds).ok()).unwrap_or(0.0);
                let at = jiff::Timestamp::from_microsecond((seconds * 1e6).round() as i64)
                    .map_err(|_| failure::other("the timestamp is out of range"))?;
                let class = Self { kind: self.kind, now: Clock::at(at) };
                Value::from_object(class.now(zone.as_ref())?)
            }
            (Kind::DateTime, "combine") => {
                let [date, time] = args.bind(["date", "time"])?;
                let date = date
                    .as_ref()
                    .and_then(date_of)
                    .ok_or_else(|| failure::other("`combine()` needs a date"))?;
                let time = time.as_ref().and_then(|time| time.downcast_object_ref::<TimeObject>());
                let time = time.map_or_else(Time::midnight, |time| time.0);
                Value::from_object(DateTimeObject { at: date.to_datetime(time), zone: None })
            }
            _ => return Err(unknown_method()),
        })
    }
}

fn zone_of(value: &Value) -> Result<Zone, Error> {
    let zone = value.downcast_object_ref::<Zone>().cloned();
    zone.ok_or_else(|| failure::other("a time zone is one of `modules.pytz`"))
}

fn date_of(value: &Value) -> Option<Date> {
    let date = value.downcast_object_ref::<DateObject>().map(|date| date.0);
    date.or_else(|| value.downcast_object_ref::<DateTimeObject>().map(|at| at.at.date()))
}

/// `datetime`, with or without a zone.
#[derive(Clone, Debug)]
pub(super) struct DateTimeObject {
    /// On the clock of the zone.
    pub(super) at: DateTime,
    /// The zone of an aware one.
    pub(super) zone: Option<Zone>,
}

impl DateTimeObject {
    /// The object, or an error that says what was wanted.
    pub(super) fn expect(value: &Value) -> Result<Self, Error> {
        let found = value.downcast_object_ref::<Self>().cloned();
        found.ok_or_else(|| failure::other("this needs a datetime"))
    }

    /// Microseconds since 1970 in UTC, for every time of the calendar.
    fn micros(&self) -> i64 {
        let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
        let offset = self.offset().map_or(0, |(seconds, _)| i64::from(seconds));
        let micros = self.at.duration_since(epoch).as_micros();
        i64::try_from(micros).unwrap_or(i64::MAX) - offset * 1_000_000
    }

    /// The same moment on another clock.
    pub(super) fn astimezone(&self, zone: &Zone) -> Self {
        let zone = zone.settled();
        let micros = self.micros();
        let at = match jiff::Timestamp::from_microsecond(micros) {
            Ok(instant) => instant.to_zoned(zone.rules.clone()).datetime(),
            Err(_) => {
                let (own, other) = (self.offset().map_or(0, |(seconds, _)| seconds), zone.offset(self.at).0);
                self.at.saturating_add(jiff::SignedDuration::from_secs(i64::from(other - own)))
            }
        };
        Self { at, zone: Some(zone) }
    }

    fn offset(&self) -> Option<(i32, String)> {
        self.zone.as_ref().map(|zone| zone.offset(self.at))
    }

    fn strftime(&self, format: &str) -> String {
        let zone = self.offset();
        strftime(self.at, zone.as_ref().map(|(seconds, name)| (*seconds, name.as_str())), format)
    }

    fn isoformat(&self, between: &str) -> String {
        let mut text = self.strftime(&format!("%Y-%m-%d{between}%H:%M:%S"));
        if self.at.subsec_nanosecond() != 0 {
            text.push_str(&self.strftime(".%f"));
        }
        if let Some((seconds, _)) = self.offset() {
            text.push_str(&offset(seconds, ":"));
        }
        text
    }

    fn plus(&self, micros: i64) -> Option<Self> {
        let at = self.at.checked_add(jiff::Span::new().try_microseconds(micros).ok()?).ok()?;
        Some(Self { at, zone: self.zone.clone() })
    }
}

impl Object for DateTimeObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if is_repr(key) {
            let (at, micros) = (self.at, self.at.subsec_nanosecond() / 1000);
            let mut parts =
                format!("{}, {}, {}, {}, {}", at.year(), at.month(), at.day(), at.hour(), at.minute());
            if at.second() != 0 || micros != 0 {
                parts.push_str(&format!(", {}", at.second()));
            }
            if micros != 0 {
                parts.push_str(&format!(", {micros}"));
            }
            if let Some(zone) = &self.zone {
                parts.push_str(&format!(", tzinfo=<{}>", zone.name));
            }
            return Some(Value::from(format!("datetime.datetime({parts})")));
        }
        if let Some((sign, other)) = operator(key) {
            if let Some(delta) = other.downcast_object_ref::<DeltaObject>() {
                let micros = if sign == '+' { delta.micros } else { -delta.micros };
                return self.plus(micros).map(Value::from_object);
            }
            let other = other.downcast_object_ref::<Self>().filter(|_| sign == '-')?;
            let micros = self.micros() - other.micros();
            return Some(Value::from_object(DeltaObject { micros }));
        }
        Some(match key.as_str()? {
            "hour" => Value::from(self.at.hour()),
            "minute" => Value::from(self.at.minute()),
            "second" => Value::from(self.at.second()),
            "microsecond" => Value::from(self.at.subsec_nanosecond() / 1000),
            "tzinfo" => self.zone.clone().map_or_else(|| Value::from(()), Value::from_object),
            part => return date_part(self.at.date(), part),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        Ok(match method {
            "strftime" => {
                let [format] = args.bind(["format"])?;
                Value::from(self.strftime(&text(format.as_ref()).unwrap_or_default()))
            }
            "isoformat" => {
                let [between] = args.bind(["sep"])?;
                Value::from(self.isoformat(&text(between.as_ref()).unwrap_or_else(|| "T".to_owned())))
            }
            "date" => Value::from_object(DateObject(self.at.date())),
            "time" => Value::from_object(TimeObject(self.at.time())),
            #[expect(clippy::cast_precision_loss, reason = "Python gives a float here, too")]
            "timestamp" => Value::from(self.micros() as f64 / 1e6),
            "astimezone" => {
                let [zone] = args.bind(["tz"])?;
                let zone = zone.filter(given).map_or_else(|| Ok(Zone::utc()), |zone| zone_of(&zone))?;
                Value::from_object(self.astimezone(&zone))
            }
            "utcoffset" => match self.offset() {
                Some((seconds, _)) => {
                    Value::from_object(DeltaObject { micros: i64::from(seconds) * 1_000_000 })
                }
                None => Value::from(()),
            },
            "tzname" => Value::from(self.offset().map(|(_, name)| name)),
            "replace" => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
                let parts = args.bind(names)?;
                Value::from_object(replaced(self, &parts)?)
            }
            _ => return date_method(self.at.date(), method, &args),
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.micros().cmp(&other.downcast_ref::<Self>()?.micros()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.isoformat(" "))
    }
}

fn replaced(of: &DateTimeObject, parts: &[Option<Value>; 8]) -> Result<DateTimeObject, Error> {
    let part = |at: usize, old: i64| parts[at].as_ref().and_then(Value::as_i64).unwrap_or(old);
    let small = |at: usize, old: i8| i8::try_from(part(at, i64::from(old))).unwrap_or(-1);
    let old = of.at;
    let at = DateTime::new(
        i16::try_from(part(0, i64::from(old.year()))).unwrap_or(0),
        small(1, old.month()),
        small(2, old.day()),
        small(3, old.hour()),
        small(4, old.minute()),
        small(5, old.second()),
        i32::try_from(part(6, i64::from(old.subsec_nanosecond() / 1000)) * 1000).unwrap_or(-1),
    );
    let at = at.map_err(|_| failure::other("a part of the date or time is out of range"))?;
    let zone = match &parts[7] {
        Some(zone) if given(zone) => Some(zone_of(zone)?),
        Some(_) => None,
        None => of.zone.clone(),
    };
    Ok(DateTimeObject { at, zone })
}

/// `date`.
#[derive(Debug)]
struct DateObject(Date);

impl Object for DateObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if is_repr(key) {
            let (year, month, day) = (self.0.year(), self.0.month(), self.0.day());
            return Some(Value::from(format!("datetime.date({year}, {month}, {day})")));
        }
        if let Some((sign, other)) = operator(key) {
            let midnight = |date: Date| date.to_datetime(Time::midnight());
            if let Some(delta) = other.downcast_object_ref::<DeltaObject>() {
                let days = delta.micros.div_euclid(DAY) * if sign == '+' { 1 } else { -1 };
                let date = self.0.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
                return Some(Value::from_object(Self(date)));
            }
            let other = other.downcast_object_ref::<Self>().filter(|_| sign == '-')?;
            let micros = |date: Date| DateTimeObject { at: midnight(date), zone: None }.micros();
            return Some(Value::from_object(DeltaObject { micros: micros(self.0) - micros(other.0) }));
        }
        date_part(self.0, key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        Ok(match method {
            "strftime" => {
                let [format] = args.bind(["format"])?;
                let at = self.0.to_datetime(Time::midnight());
                Value::from(strftime(at, None, &text(format.as_ref()).unwrap_or_default()))
            }
            "isoformat" => Value::from(self.0.to_string()),
            "replace" => {
                let [year, month, day] = args.bind(["year", "month", "day"])?;
                let old = DateTimeObject { at: self.0.to_datetime(Time::midnight()), zone: None };
                let parts = [year, month, day, None, None, None, None, None];
                Value::from_object(Self(replaced(&old, &parts)?.at.date()))
            }
            _ => return date_method(self.0, method, &args),
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn date_part(date: Date, part: &str) -> Option<Value> {
    Some(match part {
        "year" => Value::from(date.year()),
        "month" => Value::from(date.month()),
        "day" => Value::from(date.day()),
        _ => return None,
    })
}

fn date_method(date: Date, method: &str, args: &Args<'_>) -> Result<Value, Error> {
    let [] = args.bind([])?;
    let monday = date.weekday().to_monday_zero_offset();
    Ok(match method {
        "weekday" => Value::from(monday),
        "isoweekday" => Value::from(monday + 1),
        "toordinal" => {
            let first = Date::new(1, 1, 1).map_err(|_| unknown_method())?;
            Value::from(date.since(first).map_or(0, |span| span.get_days()) + 1)
        }
        "isocalendar" => {
            let week = date.iso_week_date();
            Value::from(Tuple::new(vec![
                Value::from(week.year()),
                Value::from(week.week()),
                Value::from(monday + 1),
            ]))
        }
        _ => return Err(unknown_method()),
    })
}

/// `time`.
#[derive(Debug)]
struct TimeObject(Time);

impl Object for TimeObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "hour" => Value::from(self.0.hour()),
            "minute" => Value::from(self.0.minute()),
            "second" => Value::from(self.0.second()),
            "microsecond" => Value::from(self.0.subsec_nanosecond() / 1000),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "strftime" => {
                let [format] = Args::new(method, args).bind(["format"])?;
                let at = Date::constant(1900, 1, 1).to_datetime(self.0);
                Ok(Value::from(strftime(at, None, &text(format.as_ref()).unwrap_or_default())))
            }
            "isoformat" => Ok(Value::from(clock(self.0))),
            _ => Err(unknown_method()),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clock(self.0))
    }
}

fn clock(time: Time) -> String {
    let at = Date::constant(1900, 1, 1).to_datetime(time);
    strftime(at, None, if time.subsec_nanosecond() == 0 { "%H:%M:%S" } else { "%H:%M:%S.%f" })
}

/// `timedelta`.
#[derive(Debug)]
pub(super) struct DeltaObject {
    /// Its length.
    pub(super) micros: i64,
}

impl Object for DeltaObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some((sign, other)) = operator(key) {
            if let Some(other) = other.downcast_object_ref::<Self>() {
                let micros = self.micros + if sign == '+' { other.micros } else { -other.micros };
                return matches!(sign, '+' | '-').then(|| Value::from_object(Self { micros }));
            }
            if let (Some(other), '*') = (other.as_i64(), sign) {
                return Some(Value::from_object(Self { micros: self.micros.checked_mul(other)? }));
            }
            // `delta + date` is `date + delta`.
            let swapped =
                Value::from(Tuple::new(vec![Value::from("+"), Value::from_dyn_object(Arc::clone(self))]));
            return (sign == '+').then(|| other.get_item(&swapped).ok()).flatten();
        }
        Some(match key.as_str()? {
            "days" => Value::from(self.micros.div_euclid(DAY)),
            "seconds" => Value::from(self.micros.rem_euclid(DAY) / 1_000_000),
            "microseconds" => Value::from(self.micros.rem_euclid(1_000_000)),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.micros != 0
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let [] = Args::new(method, args).bind([])?;
        match method {
            #[expect(clippy::cast_precision_loss, reason = "Python gives a float here, too")]
            "total_seconds" => Ok(Value::from(self.micros as f64 / 1e6)),
            _ => Err(unknown_method()),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.micros.cmp(&other.downcast_ref::<Self>()?.micros))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.micros.div_euclid(DAY), self.micros.rem_euclid(DAY));
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        let seconds = rest / 1_000_000;
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match rest % 1_000_000 {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}

/// An operator asks the left side for the item `(sign, right side)`.
fn operator(key: &Value) -> Option<(char, Value)> {
    if !key.is_tuple() || key.len() != Some(2) {
        return None;
    }
    let sign = key.get_item_by_index(0).ok()?;
    Some((sign.as_str()?.chars().next()?, key.get_item_by_index(1).ok()?))
}
