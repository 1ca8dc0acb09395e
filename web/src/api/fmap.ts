// Reader of the binary block application/vnd.fmap: statistics and planes of channels, looked at through typed arrays
// without a copy. All numbers are little-endian; a header of 64 bytes comes first.

export const headerBytes = 64;
const statisticsBytes = 32;

export const flagSigned = 1;
export const flagChannelRange = 2;
export const flagReduced = 4;
export const flagPeak = 8;
export const flagOverlay = 16;

export const bitDead = 1;
export const bitNotFinite = 2;
export const bitConstant = 4;
export const bitOff = 8;

/** What is known of one channel over its full size, whatever size its plane here has. */
export interface ChannelStatistics {
  minimum: number;
  maximum: number;
  mean: number;
  deviation: number;
  /** Share of values that are exactly 0, from 0 to 1. */
  zeroShare: number;
  /** Root of the sum of squares. */
  norm: number;
  /** Where the maximum is, [y, x] in the full map. */
  peak: [number, number];
  bits: number;
  /** How many values are NaN or infinite. */
  notFinite: number;
}

export interface FeatureMaps {
  kind: 'u8' | 'f16' | 'f32';
  flags: number;
  /** Shape of the planes here; [channels, height, width]. */
  channels: number;
  height: number;
  width: number;
  firstChannel: number;
  fullHeight: number;
  fullWidth: number;
  /** Range of the whole layer. */
  minimum: number;
  maximum: number;
  /** Low 64 bits of the run's identity: a block of another run is not shown. */
  run: bigint;
  planes: Uint8Array | Uint16Array | Float32Array;
  bytes: number;
  statistics(channel: number): ChannelStatistics;
}

/** Reads a block. Throws a sentence when it is cut short or is something else. */
export function readFeatureMaps(buffer: ArrayBuffer): FeatureMaps {
  if (buffer.byteLength < headerBytes) throw new Error(`fmap: ${buffer.byteLength} bytes, shorter than its header`);
  const head = new DataView(buffer, 0, headerBytes);
  if (head.getUint32(0, false) !== 0x464d5031) throw new Error('fmap: does not begin with FMP1');
  const kind = (['u8', 'f16', 'f32'] as const)[head.getUint16(4, true)];
  if (!kind) throw new Error(`fmap: unknown type of values ${head.getUint16(4, true)}`);
  const channels = head.getUint32(8, true);
  const height = head.getUint32(12, true);
  const width = head.getUint32(16, true);
  const statisticsAt = head.getUint32(48, true);
  const dataAt = head.getUint32(52, true);
  const rowBytes = head.getUint32(56, true);
  const count = channels * height * width;
  const size = kind === 'u8' ? 1 : kind === 'f16' ? 2 : 4;
  if (rowBytes < statisticsBytes && channels > 0) throw new Error(`fmap: rows of statistics of ${rowBytes} bytes`);
  if (statisticsAt + channels * rowBytes > buffer.byteLength || dataAt % size || dataAt + count * size > buffer.byteLength) {
    throw new Error(`fmap: ${buffer.byteLength} bytes are too few for ${channels} planes of ${height}x${width}`);
  }
  const planes =
    kind === 'u8'
      ? new Uint8Array(buffer, dataAt, count)
      : kind === 'f16'
        ? new Uint16Array(buffer, dataAt, count)
        : new Float32Array(buffer, dataAt, count);
  const rows = new DataView(buffer);
  return {
    kind,
    flags: head.getUint16(6, true),
    channels,
    height,
    width,
    firstChannel: head.getUint32(20, true),
    fullHeight: head.getUint32(24, true),
    fullWidth: head.getUint32(28, true),
    minimum: head.getFloat32(32, true),
    maximum: head.getFloat32(36, true),
    run: head.getBigUint64(40, true),
    planes,
    bytes: buffer.byteLength,
    statistics(channel: number): ChannelStatistics {
      const at = statisticsAt + (channel - this.firstChannel) * rowBytes;
      return {
        minimum: rows.getFloat32(at, true),
        maximum: rows.getFloat32(at + 4, true),
        mean: rows.getFloat32(at + 8, true),
        deviation: rows.getFloat32(at + 12, true),
        zeroShare: rows.getFloat32(at + 16, true),
        norm: rows.getFloat32(at + 20, true),
        peak: [rows.getUint16(at + 24, true), rows.getUint16(at + 26, true)],
        bits: rows.getUint32(at + 28, true),
        notFinite: rowBytes >= 36 ? rows.getUint32(at + 32, true) : 0,
      };
    },
  };
}

/** The value that byte 0 and byte 255 of a channel's plane stand for. */
export function channelRange(maps: FeatureMaps, statistics: ChannelStatistics): [number, number] {
  const own = (maps.flags & flagChannelRange) !== 0;
  const low = own ? statistics.minimum : maps.minimum;
  const high = own ? statistics.maximum : maps.maximum;
  if ((maps.flags & flagSigned) === 0) return [low, high];
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return [-reach, reach];
}

/** The value at one place of a plane; a byte gives it to 1/255 of the range. */
export function valueAt(maps: FeatureMaps, channel: number, y: number, x: number): number {
  const index = ((channel - maps.firstChannel) * maps.height + y) * maps.width + x;
  const raw = maps.planes[index];
  if (raw === undefined) return NaN;
  if (maps.kind === 'f32') return raw;
  if (maps.kind === 'f16') return halfToNumber(raw);
  const [low, high] = channelRange(maps, maps.statistics(channel));
  if ((maps.flags & flagSigned) !== 0) return ((raw - 128) / 127) * high;
  return low + (raw * (high - low)) / 255;
}

/** A 16-bit floating-point number (IEEE 754 binary16) as a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Low 64 bits of an identity such as "r_5d20…", to compare with a block's. Null when it has no hexadecimal digits. */
export function identityBits(identity: string): bigint | null {
  const digits = /^[a-z]_([0-9a-f]{1,32})$/.exec(identity)?.[1];
  return digits ? BigInt('0x' + digits.slice(-16)) : null;
}
