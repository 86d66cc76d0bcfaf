//! A decimal as a value in templates: its methods, its truth, its texts.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::super::number::Num;
use super::super::text::is_repr;
use super::Decimal;

impl Object for Decimal {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        is_repr(key).then(|| Value::from(format!("Decimal('{self}')")))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.is_zero()
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let fail = |what: &str| Error::new(ErrorKind::InvalidOperation, what.to_owned());
        Ok(match method {
            "is_nan" => Value::from(**self == Self::Nan),
            "is_infinite" => Value::from(matches!(**self, Self::Infinite { .. })),
            "is_finite" => Value::from(matches!(**self, Self::Finite { .. })),
            "is_zero" => Value::from(self.is_zero()),
            "is_signed" => Value::from(self.to_string().starts_with('-')),
            "to_integral_value" | "to_integral" => match self.quantized(0) {
                Some(whole) => Value::from_object(whole),
                None => Value::from_object(**self),
            },
            "quantize" => {
                let like = args.first().and_then(Num::of).and_then(|like| match like {
                    Num::Dec(Self::Finite { exponent, .. }) => Some(-exponent),
                    Num::Int(_) => Some(0),
                    _ => None,
                });
                let places = like.ok_or_else(|| fail("`quantize()` needs a Decimal"))?;
                let quantized = self.quantized(places);
                Value::from_object(quantized.ok_or_else(|| fail("the number has too many digits"))?)
            }
            "normalize" => {
                let Self::Finite { negative, mut digits, mut exponent } = **self else {
                    return Ok(Value::from_object(**self));
                };
                while digits != 0 && digits % 10 == 0 {
                    (digits, exponent) = (digits / 10, exponent + 1);
                }
                if digits == 0 {
                    exponent = 0;
                }
                Value::from_object(Self::Finite { negative, digits, exponent })
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        self.compare(*other.downcast_ref::<Self>()?)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
