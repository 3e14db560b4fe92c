import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePlist, plistText } from '../../../../src/cli/service/launchd/plist.js';
import { definitions, plainDefinition, readBack } from '../definitions.js';

const options = { label: 'ai.pllan.work', logFile: '/Users/u/Library/Logs/pllan/gateway-work.log' };

it('is written as launchd wants it', () => {
  const definition = {
    ...plainDefinition,
    programArguments: ['/usr/bin/node', '/a & b/entry.js', 'gateway'],
    environment: { HOME: '/Users/u' },
  };
  expect(plistText(definition, options)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>ai.pllan.work</string>
  <key>Comment</key>
  <string>pllan Gateway (v0.1.0)</string>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>ProgramArguments</key>
  <array>
    <string>/usr/bin/node</string>
    <string>/a &amp; b/entry.js</string>
    <string>gateway</string>
  </array>
  <key>WorkingDirectory</key>
  <string>/home/u/.pllan</string>
  <key>StandardInPath</key>
  <string>/dev/null</string>
  <key>StandardOutPath</key>
  <string>/Users/u/Library/Logs/pllan/gateway-work.log</string>
  <key>StandardErrorPath</key>
  <string>/Users/u/Library/Logs/pllan/gateway-work.log</string>
  <key>EnvironmentVariables</key>
  <dict>
    <key>HOME</key>
    <string>/Users/u</string>
  </dict>
</dict>
</plist>
`);
});

it('is read back as it was, whatever is in it', () => {
  fc.assert(
    // oxlint-disable-next-line no-control-regex
    fc.property(definitions(/[\u0000-\u0008\u000b-\u001f\u007f]/g), (definition) => {
      expect(parsePlist(plistText(definition, options), '/x')).toMatchObject(readBack(definition));
    }),
    { numRuns: 300 },
  );
});

it('of somebody else is read as far as it says something', () => {
  const text = `<plist version="1.0"><dict><!-- mine --><key>Label</key><string>x</string>
    <key>ProgramArguments</key><array><string>/a&#x20;b</string><string/></array>
    <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict><key>RunAtLoad</key><true/></dict></plist>`;
  expect(parsePlist(text, '/x')).toEqual({
    programArguments: ['/a b', ''],
    workingDirectory: undefined,
    environment: {},
    sourcePath: '/x',
    settings: new Map([
      ['Label', ['"x"']],
      ['RunAtLoad', ['true']],
    ]),
  });
  expect(parsePlist('nothing', '/x')).toMatchObject({ programArguments: [], environment: {} });
});
