//! One tile or strip of a TIFF: unpacked, differences undone, bytes made numbers (TIFF 6.0, and Adobe's technical note 3 on
//! floating-point differences).
//!
//! By hand, because the crate `tiff` 0.11 does not read LZW tiles that reach over the right edge as GDAL writes them.

use std::io::Read;

use flate2::read::ZlibDecoder;
use weezl::BitOrder;
use weezl::LzwStatus;
use weezl::decode::Decoder as LzwDecoder;

/// How the bytes of a tile or strip are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Deflate,
    Lzw,
    PackBits,
}

/// Type of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// So many bits, 1, 2 or 4: several numbers in a byte, the first in its highest bits.
    Bits(u8),
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl Sample {
    /// The type of so many bits in a form of TIFF's tag 339; `None` for types that are not read.
    pub(super) fn new(form: u16, bits: u16) -> Option<Sample> {
        Some(match (form, bits) {
            (1, 1 | 2 | 4) => Sample::Bits(bits as u8),
            (1, 8) => Sample::U8,
            (1, 16) => Sample::U16,
            (1, 32) => Sample::U32,
            (2, 8) => Sample::I8,
            (2, 16) => Sample::I16,
            (2, 32) => Sample::I32,
            (1, 64) => Sample::U64,
            (2, 64) => Sample::I64,
            (3, 16) => Sample::F16,
            (3, 32) => Sample::F32,
            (3, 64) => Sample::F64,
            _ => return None,
        })
    }

    /// Bits of one number.
    fn bits(self) -> usize {
        match self {
            Sample::Bits(bits) => usize::from(bits),
            Sample::U8 | Sample::I8 => 8,
            Sample::U16 | Sample::I16 | Sample::F16 => 16,
            Sample::U32 | Sample::I32 | Sample::F32 => 32,
            Sample::U64 | Sample::I64 | Sample::F64 => 64,
        }
    }

    /// Bytes of a row of so many numbers: it ends with a whole byte.
    pub(super) fn row_bytes(self, numbers: usize) -> usize {
        numbers.saturating_mul(self.bits()).div_ceil(8)
    }

    /// Whether it holds fractions.
    pub(super) fn is_float(self) -> bool {
        matches!(self, Sample::F16 | Sample::F32 | Sample::F64)
    }

    /// As GDAL and numpy call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Sample::Bits(1) => "uint1",
            Sample::Bits(2) => "uint2",
            Sample::Bits(_) => "uint4",
            Sample::U8 => "uint8",
            Sample::I8 => "int8",
            Sample::U16 => "uint16",
            Sample::I16 => "int16",
            Sample::U32 => "uint32",
            Sample::I32 => "int32",
            Sample::U64 => "uint64",
            Sample::I64 => "int64",
            Sample::F16 => "float16",
            Sample::F32 => "float32",
            Sample::F64 => "float64",
        }
    }

    fn number(self, raw: u64) -> f64 {
        match self {
            Sample::Bits(_) | Sample::U8 | Sample::U16 | Sample::U32 | Sample::U64 => raw as f64,
            Sample::I8 => f64::from(raw as u8 as i8),
            Sample::I16 => f64::from(raw as u16 as i16),
            Sample::I32 => f64::from(raw as u32 as i32),
            Sample::I64 => raw as i64 as f64,
            Sample::F16 => half(raw as u16),
            Sample::F32 => f64::from(f32::from_bits(raw as u32)),
            Sample::F64 => f64::from_bits(raw),
        }
    }
}

/// The number of 16 bits of IEEE 754 (binary16).
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
    let size = match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// The bytes unpacked, `wanted` of them. Memory grows with what there is, not with what is wanted.
/// # Errors
/// What is wrong with them.
pub(super) fn unpack(bytes: &[u8], packing: Packing, wanted: usize) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match packing {
        Packing::None => out.extend_from_slice(bytes.get(..wanted).unwrap_or(bytes)),
        Packing::Deflate => {
            let read = ZlibDecoder::new(bytes).take(wanted as u64).read_to_end(&mut out);
            // what came before the damage is of no use: which cells are missing could not be told
            read.map_err(|error| format!("its deflate stream is broken ({error})"))?;
        }
        Packing::Lzw => unpack_lzw(bytes, wanted, &mut out)?,
        Packing::PackBits => unpack_bits(bytes, wanted, &mut out),
    }
    if out.len() < wanted {
        return Err(format!("they unpack to {} bytes instead of {wanted}", out.len()));
    }
    out.truncate(wanted);
    Ok(out)
}

fn unpack_lzw(mut bytes: &[u8], wanted: usize, out: &mut Vec<u8>) -> Result<(), String> {
    const STEP: usize = 1 << 16;
    let mut decoder = LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let mut buffer = vec![0; STEP];
    while out.len() < wanted {
        let result = decoder.decode_bytes(bytes, &mut buffer);
        bytes = &bytes[result.consumed_in.min(bytes.len())..];
        out.extend_from_slice(&buffer[..result.consumed_out.min(STEP)]);
        match result.status {
            Ok(LzwStatus::Ok) if result.consumed_in > 0 || result.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(format!("its LZW stream is broken ({error})")),
        }
    }
    Ok(())
}

fn unpack_bits(mut bytes: &[u8], wanted: usize, out: &mut Vec<u8>) {
    while let ([count, rest @ ..], true) = (bytes, out.len() < wanted) {
        bytes = match *count as i8 {
            -128 => rest,
            count if count >= 0 => {
                let length = (count as usize + 1).min(rest.len());
                out.extend_from_slice(&rest[..length]);
                &rest[length..]
            }
            count => {
                let [value, rest @ ..] = rest else { return };
                out.extend(std::iter::repeat_n(*value, 1 + usize::from(count.unsigned_abs())));
                rest
            }
        };
    }
}

/// How the numbers of a row stand in its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub sample: Sample,
    pub big_endian: bool,
    /// 1 as they are, 2 differences, 3 differences of floating-point bytes.
    pub predictor: u16,
    /// Numbers of one cell.
    pub bands: usize,
}

impl Form {
    /// The numbers of one band, counted from 0, of a whole row of a tile or strip.
    pub(super) fn row(&self, bytes: &mut [u8], band: usize, values: &mut Vec<f64>) {
        values.clear();
        if let Sample::Bits(bits) = self.sample {
            let in_byte = 8 / usize::from(bits);
            let number = |at: usize| {
                let right = 8 - (at % in_byte + 1) * usize::from(bits);
                f64::from(bytes[at / in_byte] >> right & ((1 << bits) - 1))
            };
            // the last byte may be filled up with what is no cell
            values.extend((0..bytes.len() * in_byte).filter(|at| at % self.bands == band).map(number));
            return;
        }
        let size = self.sample.bits() / 8;
        let count = bytes.len() / size;
        let cells = (0..count).filter(|at| at % self.bands == band);
        if self.predictor == 3 {
            for at in self.bands..bytes.len() {
                bytes[at] = bytes[at].wrapping_add(bytes[at - self.bands]);
            }
            // all first bytes of the row, then all second ones, the most significant first, whatever the order of the file
            let raw = |at: usize| (0..size).fold(0, |raw, byte| raw << 8 | u64::from(bytes[byte * count + at]));
            values.extend(cells.map(|at| self.sample.number(raw(at))));
            return;
        }
        let raw = |at: usize| {
            let own = &bytes[at * size..(at + 1) * size];
            let join = |raw, byte: &u8| raw << 8 | u64::from(*byte);
            if self.big_endian { own.iter().fold(0, join) } else { own.iter().rev().fold(0, join) }
        };
        if self.predictor == 2 {
            let mask = if size == 8 { u64::MAX } else { (1 << (8 * size)) - 1 };
            let mut before = 0u64;
            values.extend(cells.map(|at| {
                before = before.wrapping_add(raw(at)) & mask;
                self.sample.number(before)
            }));
        } else {
            values.extend(cells.map(|at| self.sample.number(raw(at))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_unpacked_as_in_the_specification() {
        // the example of Apple's technical note 1023
        let packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let plain = unpack(&packed, Packing::PackBits, 24).unwrap();
        let mut want = vec![0xaa; 3];
        want.extend([0x80, 0x00, 0x2a]);
        want.extend([0xaa; 4]);
        want.extend([0x80, 0x00, 0x2a, 0x22]);
        want.extend([0xaa; 10]);
        assert_eq!(plain, want);
        assert!(unpack(&packed[..10], Packing::PackBits, 24).is_err());
        assert!(unpack(&[], Packing::Lzw, 1).is_err() && unpack(&[1, 2, 3], Packing::Deflate, 1).is_err());
    }

    #[test]
    fn numbers_of_half_a_byte_and_of_half_precision() {
        let mut values = Vec::new();
        let form = |sample, bands| Form { sample, big_endian: false, predictor: 1, bands };
        form(Sample::Bits(1), 1).row(&mut [0b1010_0001], 0, &mut values);
        assert_eq!(values, [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        form(Sample::Bits(4), 2).row(&mut [0x1f, 0x2e], 1, &mut values);
        assert_eq!(values, [15.0, 14.0]);
        assert_eq!(Sample::Bits(1).row_bytes(9), 2);
        // IEEE 754-2008, table 3.5: 1, -2, the greatest, the least above 0
        for (bits, want) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65_504.0), (1, 2f64.powi(-24)), (0x7c00, f64::INFINITY)]
        {
            assert_eq!(half(bits), want, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn differences_wrap_around() {
        let form = Form { sample: Sample::U8, big_endian: false, predictor: 2, bands: 2 };
        let mut values = Vec::new();
        // two bands: 250, 250 + 10 = 4 modulo 256; and 1, 1 + 255 = 0
        form.row(&mut [250, 1, 10, 255], 0, &mut values);
        assert_eq!(values, [250.0, 4.0]);
        form.row(&mut [250, 1, 10, 255], 1, &mut values);
        assert_eq!(values, [1.0, 0.0]);
    }
}
