/** Config of the HTTP endpoints (config.md §7, `http.endpoints`). */
import type convict from 'convict';
import { fileTypes, type FileType } from '../media/file-type.js';
import { imageTypes, type ImageType } from '../media/image-type.js';
import { format, integer, texts, truth, type Format } from './formats.js';

export interface EndpointsConfig {
  readonly chatCompletions: {
    readonly enabled: boolean;
    readonly maxBodyBytes: number;
    readonly maxImageParts: number;
    readonly maxTotalImageBytes: number;
    readonly images: ImageSources;
  };
  readonly responses: {
    readonly enabled: boolean;
    readonly maxBodyBytes: number;
    readonly maxUrlParts: number;
    readonly files: FileSources;
    readonly images: ImageSources;
  };
}

/** Where an image or a file may be fetched from, and at what cost. */
export interface UrlSources {
  readonly allowUrl: boolean;
  readonly urlAllowlist: readonly string[];
  readonly maxBytes: number;
  readonly maxRedirects: number;
  readonly timeoutMs: number;
}

/** What a file in a request may be, and what of it the model is shown. */
export interface FileSources extends UrlSources {
  readonly allowedMimes: readonly FileType[];
  readonly maxChars: number;
  readonly pdf: { readonly maxPages: number; readonly maxPixels: number; readonly minTextChars: number };
}

/** What an image in a request may be, and where it may come from. */
export interface ImageSources extends UrlSources {
  readonly allowedMimes: readonly ImageType[];
}

const MIB = 1024 * 1024;

function typesOf(known: readonly string[]): Format {
  return format({ type: 'array', items: { type: 'string', enum: known } }, (value) => {
    texts(value);
    const wrong = (value as string[]).find((type) => !known.includes(type));
    if (wrong !== undefined)
      throw new Error(`must be of ${known.join(', ')}; ${JSON.stringify(wrong)} is none of them`);
  });
}

function urlSources(what: string, allowUrl: boolean, maxBytes: number): convict.Schema<UrlSources> {
  return {
    allowUrl: {
      doc: `Fetch ${what} that a request names by http or https URL, from the public internet only.`,
      default: allowUrl,
      format: truth,
    },
    urlAllowlist: {
      doc: 'Hosts that they may come from, "*.example.com" for all below one; any when empty.',
      default: [],
      format: texts,
    },
    maxBytes: { doc: 'Bytes of one, decoded.', default: maxBytes, format: integer(1, 1024 * MIB) },
    maxRedirects: { doc: 'Redirects that are followed to fetch one.', default: 3, format: integer(0, 20) },
    timeoutMs: { doc: 'Time that fetching one may take.', default: 10_000, format: integer(1, 600_000) },
  };
}

function imageSources(allowUrl: boolean): convict.Schema<ImageSources> {
  return {
    ...urlSources('images', allowUrl, 10 * MIB),
    allowedMimes: {
      doc: 'Types of images that are accepted.',
      default: [...imageTypes],
      format: typesOf(imageTypes),
    },
  };
}

const fileSources: convict.Schema<FileSources> = {
  ...urlSources('files', true, 5 * MIB),
  allowedMimes: {
    doc: 'Types of files that are accepted.',
    default: [...fileTypes],
    format: typesOf(fileTypes),
  },
  maxChars: {
    doc: 'Characters of one that the model is shown.',
    default: 60_000,
    format: integer(1, 1_000_000),
  },
  pdf: {
    maxPages: { doc: 'Pages of a PDF that are read.', default: 4, format: integer(1, 1_000) },
    maxPixels: {
      doc: 'Without effect: pages are not drawn.',
      default: 4_000_000,
      format: integer(1, 100_000_000),
    },
    minTextChars: {
      doc: 'With less text the model is told that the pages may be pictures.',
      default: 200,
      format: integer(0, 1_000_000),
    },
  },
};

export const endpointsSchema: convict.Schema<EndpointsConfig> = {
  chatCompletions: {
    enabled: { doc: 'Serve /v1/chat/completions.', default: true, format: truth },
    maxBodyBytes: { doc: 'Largest request body.', default: 20 * MIB, format: integer(1, 1024 * MIB) },
    maxImageParts: { doc: 'Images in one request.', default: 8, format: integer(0, 64) },
    maxTotalImageBytes: {
      doc: 'Bytes of all its images together, decoded.',
      default: 20 * MIB,
      format: integer(0, 1024 * MIB),
    },
    images: imageSources(false),
  },
  responses: {
    enabled: { doc: 'Serve /v1/responses.', default: true, format: truth },
    maxBodyBytes: { doc: 'Largest request body.', default: 20 * MIB, format: integer(1, 1024 * MIB) },
    maxUrlParts: { doc: 'URLs in one request that are fetched.', default: 8, format: integer(0, 64) },
    files: fileSources,
    images: imageSources(true),
  },
};
