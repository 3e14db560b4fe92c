/** Config of the HTTP endpoints (config.md §7, `http.endpoints`). */
import type convict from 'convict';
import { imageTypes, isImageType, type ImageType } from '../media/image-type.js';
import { integer, texts, truth, type Format } from './formats.js';

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
    readonly images: ImageSources;
  };
}

/** What an image in a request may be, and where it may come from. */
export interface ImageSources {
  readonly allowUrl: boolean;
  readonly urlAllowlist: readonly string[];
  readonly allowedMimes: readonly ImageType[];
  readonly maxBytes: number;
  readonly maxRedirects: number;
  readonly timeoutMs: number;
}

const MIB = 1024 * 1024;

const mimes: Format = (value) => {
  texts(value);
  const wrong = (value as string[]).find((type) => !isImageType(type));
  if (wrong !== undefined)
    throw new Error(`must be of ${imageTypes.join(', ')}; ${JSON.stringify(wrong)} is none of them`);
};

function imageSources(allowUrl: boolean): convict.Schema<ImageSources> {
  return {
    allowUrl: {
      doc: 'Fetch images that a request names by http or https URL, from the public internet only.',
      default: allowUrl,
      format: truth,
    },
    urlAllowlist: {
      doc: 'Hosts that they may come from, "*.example.com" for all below one; any when empty.',
      default: [],
      format: texts,
    },
    allowedMimes: { doc: 'Types of images that are accepted.', default: [...imageTypes], format: mimes },
    maxBytes: { doc: 'Bytes of one image, decoded.', default: 10 * MIB, format: integer(1, 1024 * MIB) },
    maxRedirects: { doc: 'Redirects that are followed to fetch one.', default: 3, format: integer(0, 20) },
    timeoutMs: { doc: 'Time that fetching one may take.', default: 10_000, format: integer(1, 600_000) },
  };
}

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
    images: imageSources(true),
  },
};
