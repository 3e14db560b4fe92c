/** PDFs, made by hand: as small as they can be, or worse than they should be. */
import { deflateSync } from 'node:zlib';

/** A page's text, line by line; or its content as the format has it. */
export type PdfPage = string | { readonly content: Buffer };

/** All content is deflated: what a page is, its size does not tell. */
export function pdf(pages: readonly PdfPage[]): Buffer {
  const first = 4;
  const kids = pages.map((_page, n) => `${first + 2 * n + 1} 0 R`);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((page, n) => [streamOf(page), pageObject(first + 2 * n)]),
  ].map((object, n) =>
    Buffer.concat([Buffer.from(`${n + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n')]),
  );
  const head = Buffer.from('%PDF-1.4\n');
  let at = head.length;
  const places = objects.map((object) => {
    const place = at;
    at += object.length;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
  const end = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.concat([head, ...objects, Buffer.from(table + end)]);
}

/** Ten kilobytes that become as many bytes as are asked for, none of which shows anything. */
export function inflatingPdf(bytes: number): Buffer {
  return pdf([{ content: Buffer.alloc(bytes, ' ') }]);
}

function pageObject(content: number): string {
  const resources = '<< /Font << /F1 3 0 R >> >>';
  return `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources ${resources} /Contents ${content} 0 R >>`;
}

function streamOf(page: PdfPage): Buffer {
  const content = typeof page === 'string' ? Buffer.from(shown(page)) : page.content;
  const packed = deflateSync(content);
  const head = `<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n`;
  return Buffer.concat([Buffer.from(head), packed, Buffer.from('\nendstream')]);
}

function shown(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => `(${line.replaceAll(/[()\\]/g, String.raw`\$&`)}) Tj 0 -14 Td`);
  return `BT /F1 12 Tf 72 720 Td ${lines.join(' ')} ET`;
}
