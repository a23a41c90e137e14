//! Values of Parquet columns: which types become fields, and one value after another.

use arrow_array::Array;
use arrow_array::BooleanArray;
use arrow_array::Date32Array;
use arrow_array::Date64Array;
use arrow_array::Decimal32Array;
use arrow_array::Decimal64Array;
use arrow_array::Decimal128Array;
use arrow_array::Decimal256Array;
use arrow_array::FixedSizeBinaryArray;
use arrow_array::Float16Array;
use arrow_array::Float32Array;
use arrow_array::Float64Array;
use arrow_array::Int8Array;
use arrow_array::Int16Array;
use arrow_array::Int32Array;
use arrow_array::Int64Array;
use arrow_array::StringViewArray;
use arrow_array::Time32MillisecondArray;
use arrow_array::Time64MicrosecondArray;
use arrow_array::Time64NanosecondArray;
use arrow_array::TimestampMicrosecondArray;
use arrow_array::TimestampMillisecondArray;
use arrow_array::TimestampNanosecondArray;
use arrow_array::TimestampSecondArray;
use arrow_array::UInt8Array;
use arrow_array::UInt16Array;
use arrow_array::UInt32Array;
use arrow_array::UInt64Array;
use arrow_schema::DataType;
use arrow_schema::TimeUnit;

use crate::table::FieldKind;
use crate::table::Value;

/// The kind of field a column becomes; `None` for what is left out: groups, lists, maps, intervals.
pub(super) fn kind(column: &DataType) -> Option<FieldKind> {
    Some(match column {
        DataType::Boolean => FieldKind::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => FieldKind::Int,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => FieldKind::Int,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => FieldKind::Real,
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => match scale {
            0 => FieldKind::Int,
            _ => FieldKind::Real,
        },
        DataType::Utf8View | DataType::Date32 | DataType::Date64 | DataType::Null => FieldKind::Text,
        DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => FieldKind::Text,
        other if is_binary(other) => FieldKind::Text,
        _ => return None,
    })
}

/// Whether a column holds bytes, whose values are null.
pub(super) fn is_binary(column: &DataType) -> bool {
    matches!(column, DataType::BinaryView | DataType::Binary | DataType::FixedSizeBinary(_))
}

/// A column of one batch, by the type its values have.
pub(super) enum Column<'a> {
    Bool(&'a BooleanArray),
    Int8(&'a Int8Array),
    Int16(&'a Int16Array),
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    UInt8(&'a UInt8Array),
    UInt16(&'a UInt16Array),
    UInt32(&'a UInt32Array),
    UInt64(&'a UInt64Array),
    Float16(&'a Float16Array),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Text(&'a StringViewArray),
    Date32(&'a Date32Array),
    Date64(&'a Date64Array),
    /// Parts of a second, how many to the second, and whether they are of the world's clock.
    Seconds(&'a TimestampSecondArray, bool),
    Milliseconds(&'a TimestampMillisecondArray, bool),
    Microseconds(&'a TimestampMicrosecondArray, bool),
    Nanoseconds(&'a TimestampNanosecondArray, bool),
    TimeMilliseconds(&'a Time32MillisecondArray),
    TimeMicroseconds(&'a Time64MicrosecondArray),
    TimeNanoseconds(&'a Time64NanosecondArray),
    Decimal32(&'a Decimal32Array),
    Decimal64(&'a Decimal64Array),
    Decimal128(&'a Decimal128Array),
    Decimal256(&'a Decimal256Array),
    Uuid(&'a FixedSizeBinaryArray),
    /// Nothing but nulls, and what is left out.
    Nothing,
}

impl<'a> Column<'a> {
    /// `is_uuid` says what fixed bytes are.
    pub(super) fn of(array: &'a dyn Array, is_uuid: bool) -> Column<'a> {
        fn cast<'a, A: 'static>(array: &'a dyn Array, make: impl Fn(&'a A) -> Column<'a>) -> Column<'a> {
            array.as_any().downcast_ref().map_or(Column::Nothing, make)
        }
        match array.data_type() {
            DataType::Boolean => cast(array, Column::Bool),
            DataType::Int8 => cast(array, Column::Int8),
            DataType::Int16 => cast(array, Column::Int16),
            DataType::Int32 => cast(array, Column::Int32),
            DataType::Int64 => cast(array, Column::Int64),
            DataType::UInt8 => cast(array, Column::UInt8),
            DataType::UInt16 => cast(array, Column::UInt16),
            DataType::UInt32 => cast(array, Column::UInt32),
            DataType::UInt64 => cast(array, Column::UInt64),
            DataType::Float16 => cast(array, Column::Float16),
            DataType::Float32 => cast(array, Column::Float32),
            DataType::Float64 => cast(array, Column::Float64),
            DataType::Utf8View => cast(array, Column::Text),
            DataType::Date32 => cast(array, Column::Date32),
            DataType::Date64 => cast(array, Column::Date64),
            DataType::Timestamp(unit, zone) => {
                let is_utc = zone.is_some();
                match unit {
                    TimeUnit::Second => cast(array, |array| Column::Seconds(array, is_utc)),
                    TimeUnit::Millisecond => cast(array, |array| Column::Milliseconds(array, is_utc)),
                    TimeUnit::Microsecond => cast(array, |array| Column::Microseconds(array, is_utc)),
                    TimeUnit::Nanosecond => cast(array, |array| Column::Nanoseconds(array, is_utc)),
                }
            }
            DataType::Time32(_) => cast(array, Column::TimeMilliseconds),
            DataType::Time64(TimeUnit::Microsecond) => cast(array, Column::TimeMicroseconds),
            DataType::Time64(_) => cast(array, Column::TimeNanoseconds),
            DataType::Decimal32(..) => cast(array, Column::Decimal32),
            DataType::Decimal64(..) => cast(array, Column::Decimal64),
            DataType::Decimal128(..) => cast(array, Column::Decimal128),
            DataType::Decimal256(..) => cast(array, Column::Decimal256),
            DataType::FixedSizeBinary(16) if is_uuid => cast(array, Column::Uuid),
            _ => Column::Nothing,
        }
    }

    /// The value of a row; `Err` for a number that is not finite.
    pub(super) fn value(&self, row: usize) -> Result<Value, &'static str> {
        fn real(number: f64) -> Result<Value, &'static str> {
            if number.is_finite() { Ok(Value::Real(number)) } else { Err("the number is not finite") }
        }
        fn decimal(text: String) -> Result<Value, &'static str> {
            match text.parse::<i64>() {
                Ok(whole) => Ok(Value::Int(whole)),
                // a whole number of twenty digits and more is an id: as a floating-point number it would be another one
                Err(_) if !text.contains('.') => Ok(Value::Text(text)),
                Err(_) => text.parse().map_or(Err("the number is not finite"), real),
            }
        }
        macro_rules! or_null {
            ($array:expr) => {
                if $array.is_null(row) {
                    return Ok(Value::Null);
                } else {
                    $array.value(row)
                }
            };
        }
        Ok(match self {
            Column::Nothing => Value::Null,
            Column::Bool(array) => Value::Bool(or_null!(array)),
            Column::Int8(array) => Value::Int(i64::from(or_null!(array))),
            Column::Int16(array) => Value::Int(i64::from(or_null!(array))),
            Column::Int32(array) => Value::Int(i64::from(or_null!(array))),
            Column::Int64(array) => Value::Int(or_null!(array)),
            Column::UInt8(array) => Value::Int(i64::from(or_null!(array))),
            Column::UInt16(array) => Value::Int(i64::from(or_null!(array))),
            Column::UInt32(array) => Value::Int(i64::from(or_null!(array))),
            Column::UInt64(array) => Value::from(or_null!(array)),
            Column::Float16(array) => return real(f64::from(or_null!(array))),
            Column::Float32(array) => return real(f64::from(or_null!(array))),
            Column::Float64(array) => return real(or_null!(array)),
            Column::Text(array) => Value::Text(or_null!(array).to_owned()),
            Column::Date32(array) => Value::Text(date(i64::from(or_null!(array)))),
            Column::Date64(array) => Value::Text(date(or_null!(array).div_euclid(86_400_000))),
            Column::Seconds(array, is_utc) => Value::Text(moment(or_null!(array), 0, *is_utc)),
            Column::Milliseconds(array, is_utc) => Value::Text(moment(or_null!(array), 3, *is_utc)),
            Column::Microseconds(array, is_utc) => Value::Text(moment(or_null!(array), 6, *is_utc)),
            Column::Nanoseconds(array, is_utc) => Value::Text(moment(or_null!(array), 9, *is_utc)),
            Column::TimeMilliseconds(array) => Value::Text(time(i64::from(or_null!(array)), 3)),
            Column::TimeMicroseconds(array) => Value::Text(time(or_null!(array), 6)),
            Column::TimeNanoseconds(array) => Value::Text(time(or_null!(array), 9)),
            Column::Uuid(array) => Value::Text(uuid(or_null!(array))),
            Column::Decimal32(array) if array.is_valid(row) => return decimal(array.value_as_string(row)),
            Column::Decimal64(array) if array.is_valid(row) => return decimal(array.value_as_string(row)),
            Column::Decimal128(array) if array.is_valid(row) => return decimal(array.value_as_string(row)),
            Column::Decimal256(array) if array.is_valid(row) => return decimal(array.value_as_string(row)),
            Column::Decimal32(_) | Column::Decimal64(_) | Column::Decimal128(_) | Column::Decimal256(_) => Value::Null,
        })
    }
}

/// A UUID as RFC 9562 writes it: 8-4-4-4-12 digits, lower case.
fn uuid(bytes: &[u8]) -> String {
    let digit = |(at, byte): (usize, &u8)| {
        let hyphen = if [4, 6, 8, 10].contains(&at) { "-" } else { "" };
        format!("{hyphen}{byte:02x}")
    };
    bytes.iter().enumerate().map(digit).collect()
}

/// A day counted from 1970-01-01 as ISO 8601, in the Gregorian calendar before its time too.
///
/// After Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`: eras of 400 years that begin on 1 March.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A moment in parts of a second (10 to the power of `digits` to the second) since 1970.
fn moment(parts: i64, digits: u32, is_utc: bool) -> String {
    let day = 86_400 * 10_i64.pow(digits);
    let zone = if is_utc { "Z" } else { "" };
    format!("{}T{}{zone}", date(parts.div_euclid(day)), time(parts.rem_euclid(day), digits))
}

/// A time of day; parts of a second are told where there are any.
fn time(parts: i64, digits: u32) -> String {
    let second = 10_i64.pow(digits);
    let (seconds, rest) = (parts.div_euclid(second), parts.rem_euclid(second));
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 {
        return clock;
    }
    let rest = format!("{rest:0width$}", width = digits as usize);
    format!("{clock}.{}", rest.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_written_as_rfc_9562_does() {
        // the example of its section 4
        let bytes = 0xf81d_4fae_7dec_11d0_a765_00a0_c91e_6bf6_u128.to_be_bytes();
        assert_eq!(uuid(&bytes), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    }

    #[test]
    fn days_and_moments_are_those_of_the_calendar() {
        // python: datetime.date(1970, 1, 1) + datetime.timedelta(days)
        for (days, want) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_062, "2024-12-05"),
            (-25_509, "1900-02-28"),
            (-25_508, "1900-03-01"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(date(days), want);
        }
        assert_eq!(moment(1_733_387_400_123_400, 6, true), "2024-12-05T08:30:00.1234Z");
        assert_eq!(moment(-1, 0, false), "1969-12-31T23:59:59");
        assert_eq!(time(86_399_000_000_001, 9), "23:59:59.000000001");
        // the ends of the numbers do not overflow
        for (parts, digits) in [(i64::MIN, 0), (i64::MAX, 0), (i64::MIN, 9), (i64::MAX, 9)] {
            assert!(moment(parts, digits, true).ends_with('Z'));
        }
    }
}
