//! `modules.pytz`: time zones by name.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::super::args::{Args, text};
use super::super::failure;
use super::datetime::{DateTimeObject, DeltaObject};
use super::{Module, unknown_method};

/// A time zone.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    /// As it was asked for.
    pub(super) name: String,
    /// Its offsets.
    pub(super) rules: TimeZone,
    /// True as `pytz.timezone()` gives it: set on a time by hand it is local mean time, the first offset of the
    /// place. `localize()`, `astimezone()` and `now()` bring it to the offset of their time.
    pub(super) by_name: bool,
}

/// The last times of the calendar have no instant of their own; their offset is that of the day before.
const LATEST: DateTime = DateTime::constant(9999, 12, 29, 0, 0, 0, 0);

impl Zone {
    /// The zone as it is on a time that was brought into it.
    pub(super) fn settled(&self) -> Self {
        Self { by_name: false, ..self.clone() }
    }

    /// UTC.
    pub(super) fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC, by_name: false }
    }

    /// A fixed offset.
    pub(super) fn fixed(seconds: i32) -> Self {
        if seconds == 0 {
            return Self::utc();
        }
        let rules = jiff::tz::Offset::from_seconds(seconds).map_or(TimeZone::UTC, TimeZone::fixed);
        Self { name: format!("UTC{}", super::strftime::offset(seconds, ":")), rules, by_name: false }
    }

    /// Offset in seconds and short name at a time of this zone.
    pub(super) fn offset(&self, at: DateTime) -> (i32, String) {
        if self.by_name && self.rules.to_fixed_offset().is_err() {
            let first = self.rules.to_offset_info(jiff::Timestamp::MIN);
            // pytz has offsets of whole minutes.
            let minutes = (first.offset().seconds() + 30).div_euclid(60);
            return (minutes * 60, first.abbreviation().to_owned());
        }
        let at = at.min(LATEST);
        let Ok(zoned) = at.to_zoned(self.rules.clone()) else { return (0, self.name.clone()) };
        let info = self.rules.to_offset_info(zoned.timestamp());
        let name = info.abbreviation();
        let fixed = name.starts_with(['+', '-']) || self.name == "UTC";
        (info.offset().seconds(), if fixed { self.name.clone() } else { name.to_owned() })
    }
}

impl Object for Zone {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "zone").then(|| Value::from(self.name.clone()))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let args = Args::new(method, args);
        match method {
            "localize" => {
                let [at, _is_dst] = args.bind(["dt", "is_dst"])?;
                let at = DateTimeObject::expect(&args.required("dt", at)?)?;
                Ok(Value::from_object(DateTimeObject { at: at.at, zone: Some(self.settled()) }))
            }
            "normalize" => {
                let [at] = args.bind(["dt"])?;
                let at = DateTimeObject::expect(&args.required("dt", at)?)?;
                Ok(Value::from_object(at.astimezone(self)))
            }
            "utcoffset" => {
                let [at] = args.bind(["dt"])?;
                let at = DateTimeObject::expect(&args.required("dt", at)?)?;
                let micros = i64::from(self.offset(at.at).0) * 1_000_000;
                Ok(Value::from_object(DeltaObject { micros }))
            }
            _ => Err(unknown_method()),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.name.cmp(&other.downcast_ref::<Self>()?.name))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The module.
pub(super) fn module() -> Value {
    Value::from_object(Module { name: "pytz", call, attribute })
}

fn attribute(name: &str) -> Option<Value> {
    matches!(name, "utc" | "UTC").then(|| Value::from_object(Zone::utc()))
}

fn call(method: &str, args: &[Value]) -> Result<Value, Error> {
    let args = Args::new(method, args);
    match method {
        "timezone" => {
            let [name] = args.bind(["zone"])?;
            let name = text(name.as_ref()).unwrap_or_default();
            if name.eq_ignore_ascii_case("utc") {
                return Ok(Value::from_object(Zone::utc()));
            }
            let rules = TimeZone::get(&name)
                .map_err(|_| failure::other(format!("no time zone is named `{name}`")))?;
            Ok(Value::from_object(Zone { name, rules, by_name: true }))
        }
        "FixedOffset" => {
            let [minutes] = args.bind(["offset"])?;
            let minutes = minutes.and_then(|minutes| minutes.as_i64()).unwrap_or(0);
            Ok(Value::from_object(Zone::fixed(i32::try_from(minutes * 60).unwrap_or(0))))
        }
        _ => Err(unknown_method()),
    }
}
