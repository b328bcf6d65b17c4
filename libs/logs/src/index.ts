export { LogStream, type StreamReport } from './sending/log-stream.js';
export { openLogStream } from './sending/open-log-stream.js';
export { connectToStream, type StreamClient } from './stream/connect.js';
export { LINES_SUBJECT, STREAM_NAME } from './stream/names.js';
export { type LineRange, rangeOf } from './stream/line-range.js';
export { logStoreSettings, type LogStoreSettings, logStreamSettings } from './log-settings.js';
