import { randomBytes } from 'node:crypto';

/** Returns the line of a request, as a host logs it. @param number makes it different from others */
export function sampleLine(number: number): string {
  const trace = randomBytes(16).toString('hex');
  return (
    `{"level":30,"time":${Date.now()},"pid":${process.pid},"requestId":"ZqJOx8b_-${number}",` +
    `"traceId":"${trace}","spanId":"${trace.slice(16)}","method":"GET","url":"/api/articles?limit=20&offset=${number}",` +
    `"route":"/api/articles","module":"articles","status":200,"duration":12.258,"userId":"1","msg":"request"}\n`
  );
}
