/** Runs for every test file, before it is read. */
import { afterAll } from 'vitest';
import { cleanUpAfterFile } from './support/after-file.js';

afterAll(cleanUpAfterFile);
