import { describe, expect, it } from 'vitest';
import { parseConfig, type ConfigFlags } from '../../../src/shared/config/load.js';

const parse = (text: string | undefined, env: Record<string, string> = {}, flags: ConfigFlags = {}) =>
  parseConfig(text, { path: '/nowhere', env, flags });

function valid(...args: Parameters<typeof parse>) {
  const loaded = parse(...args);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  return loaded;
}

function issues(text: string): readonly unknown[] {
  const loaded = parse(text);
  return loaded.ok ? [] : loaded.issues;
}

describe('a config', () => {
  it('is complete without a file', () => {
    const { config, exists, hash } = valid(undefined);
    expect(exists).toBe(false);
    expect(hash).toHaveLength(64);
    expect(config.gateway).toMatchObject({
      mode: null,
      port: 18_789,
      bind: 'loopback',
      auth: { mode: null, token: null },
    });
    expect(config.agents.defaults.model).toBeNull();
  });

  it.each([
    [{}, {}, 18_789],
    [{}, {}, 1_000, '{gateway:{port:1000}}'],
    [{ PLLAN_GATEWAY_PORT: '2000' }, {}, 2_000, '{gateway:{port:1000}}'],
    [{ PLLAN_GATEWAY_PORT: 'host:2000' }, {}, 2_000, '{gateway:{port:1000}}'],
    [{ PLLAN_GATEWAY_PORT: 'nonsense' }, {}, 1_000, '{gateway:{port:1000}}'],
    [{ PLLAN_GATEWAY_PORT: '99999' }, {}, 1_000, '{gateway:{port:1000}}'],
    [{ PLLAN_GATEWAY_PORT: '2000' }, { port: '3000' }, 3_000, '{gateway:{port:1000}}'],
  ] as const)('takes the port from %j, %j: %i', (env, flags, port, text?: string) => {
    expect(valid(text, env, flags).config.gateway.port).toBe(port);
  });

  it.each(['"max-age=63072000; includeSubDomains"', '""', 'false'])(
    'takes %s for Strict-Transport-Security',
    (value) => {
      const { config } = valid(`{gateway:{http:{securityHeaders:{strictTransportSecurity:${value}}}}}`);
      expect(JSON.stringify(config.gateway.http.securityHeaders.strictTransportSecurity)).toBe(value);
    },
  );

  it.each(['max-age=1\\nX: y', 'max-age=1\\r', 'max-age=\\u0000', 'max-age=１'])(
    'takes no Strict-Transport-Security that cannot be sent: %s',
    (value) => {
      expect(issues(`{gateway:{http:{securityHeaders:{strictTransportSecurity:"${value}"}}}}`)).toEqual([
        {
          path: 'gateway.http.securityHeaders.strictTransportSecurity',
          message: 'must be one line of printable ASCII: it is sent as a header',
        },
      ]);
    },
  );

  it('keeps sessions for a month, 500 of them, and never resets them by itself', () => {
    const { session } = valid('{}').config;
    expect(session.reset).toEqual({ mode: 'none', atHour: 4, idleMinutes: null });
    expect(session.maintenance).toEqual({ mode: 'enforce', pruneAfter: '30d', maxEntries: 500 });
    const own = valid('{session:{resetByChannel:{irc:{mode:"idle",idleMinutes:5}}}}').config.session;
    expect(own.resetByChannel.get('irc')).toEqual({ mode: 'idle', idleMinutes: 5 });
  });

  it('is JSON5', () => {
    expect(valid("// mine\n{gateway: {mode: 'local',},}").config.gateway.mode).toBe('local');
  });

  it('keeps maps whose keys hold dots and slashes', () => {
    const { config } = valid('{agents:{defaults:{models:{"openai/gpt-4.1":{alias:"x"}}}}}');
    expect([...config.agents.defaults.models]).toEqual([['openai/gpt-4.1', { alias: 'x' }]]);
  });

  it('takes queue modes, also by channel', () => {
    const queue = { mode: 'steer', debounceMs: 500, cap: 20, drop: 'summarize', byChannel: new Map() };
    expect(valid(undefined).config.messages.queue).toEqual(queue);
    const { config } = valid('{messages:{queue:{cap:5,byChannel:{webchat:"collect"}}}}');
    expect(config.messages.queue).toEqual({ ...queue, cap: 5, byChannel: new Map([['webchat', 'collect']]) });
  });

  it('takes ${NAME} from the environment, and leaves a missing one unset with a warning', () => {
    const text = '{gateway:{auth:{token:"a-${A}-${B}", password:"$${A}"}}}';
    expect(valid(text, { A: '1', B: '2' }).config.gateway.auth).toMatchObject({
      token: 'a-1-2',
      password: '${A}',
    });
    const { config, warnings } = valid(text, { A: '1' });
    expect(config.gateway.auth.token).toBeNull();
    expect(warnings).toEqual([
      { path: 'gateway.auth.token', message: expect.stringContaining('environment variable B') },
    ]);
  });

  it.each([
    ['{gateway:{prot:1}}', 'gateway.prot', 'unknown key (did you mean port?)'],
    ['{gatway:{port:1}}', 'gatway', 'unknown key (did you mean gateway?)'],
    ['{gateway:{colour:1}}', 'gateway.colour', 'unknown key'],
    ['{"gateway.port":1}', '["gateway.port"]', 'unknown key'],
    ['{__proto__:{port:1}}', '__proto__', 'unknown key'],
    ['{gateway:{port:"8080"}}', 'gateway.port', 'must be a whole number from 1 to 65535'],
    ['{gateway:{allowRealIpFallback:"yes"}}', 'gateway.allowRealIpFallback', 'must be true or false'],
    ['{gateway:{trustedProxies:"10.0.0.1"}}', 'gateway.trustedProxies', 'must be a list of strings'],
    ['{gateway:{auth:null}}', 'gateway.auth', 'must be an object'],
    ['{gateway:{port:0}}', 'gateway.port', 'must be a whole number from 1 to 65535'],
    ['{gateway:{port:1.5}}', 'gateway.port', 'must be a whole number from 1 to 65535'],
    ['{gateway:{bind:"0.0.0.0"}}', 'gateway.bind', expect.stringContaining('takes a mode, not a host')],
    ['{gateway:{auth:{token:5}}}', 'gateway.auth.token', 'must be a string'],
    ['{gateway:5}', 'gateway', 'must be an object'],
    [
      '{messages:{queue:{byChannel:{webchat:"never"}}}}',
      'messages.queue.byChannel.webchat',
      'must be one of "steer", "followup", "collect", "interrupt"',
    ],
    ['{agents:{list:[{id:"a b"}]}}', 'agents.list[0].id', expect.stringContaining('must match')],
    [
      '{models:{providers:{p:{baseUrl:"localhost:1",models:[]}}}}',
      'models.providers.p.baseUrl',
      'must begin with http:// or https://',
    ],
    [
      '{mcp:{servers:{a__b:{command:"x"}}}}',
      'mcp.servers.a__b',
      expect.stringContaining('no two "_" in a row'),
    ],
    ['{session:{reset:{atHour:24}}}', 'session.reset.atHour', 'must be a whole number from 0 to 23'],
    [
      '{session:{maintenance:{pruneAfter:"soon"}}}',
      'session.maintenance.pruneAfter',
      'must be a time such as "30d", "12h", "45m" or "90s"',
    ],
    [
      '{session:{resetByType:{group:{mode:"weekly"}}}}',
      'session.resetByType.group.mode',
      'must be one of "none", "daily", "idle"',
    ],
    ['{session:{resetByType:{club:{}}}}', 'session.resetByType.club', 'unknown key'],
    [
      '{models:{providers:{"my.own":{modles:[]}}}}',
      'models.providers["my.own"].modles',
      'unknown key (did you mean models?)',
    ],
    ['{agents:{list:[{id:"a",modle:"b/c"}]}}', 'agents.list[0].modle', 'unknown key (did you mean model?)'],
    [
      '{models:{providers:{p:{api:"x"}}}}',
      'models.providers.p.api',
      'must be one of "openai-completions", "openai-responses", "anthropic-messages", "echo"',
    ],
    [
      '{models:{providers:{p:{models:[{}]}}}}',
      'models.providers.p.models[0]',
      "must have required property 'id'",
    ],
    ['{models:{other:1}}', 'models.other', 'unknown key'],
    ['[]', '', 'must be an object'],
    ['{a', '', expect.stringContaining('not valid JSON5')],
  ])('%s is an issue at %s', (text, path, message) => {
    expect(issues(text)).toContainEqual({ path, message });
  });

  it.each([
    ['{gateway:{port:"abc"}}', {}, { port: '3000' }, 'gateway.port'],
    ['{gateway:{port:99999}}', { PLLAN_GATEWAY_PORT: '2000' }, {}, 'gateway.port'],
    ['{gateway:{bind:"0.0.0.0"}}', {}, { bind: 'lan' }, 'gateway.bind'],
    ['{logging:{level:"loud"}}', { PLLAN_LOG_LEVEL: 'info' }, {}, 'logging.level'],
  ])('%s is an issue also where %j or %j decides', (text, env, flags, path) => {
    const loaded = parse(text, env, flags);
    expect(loaded.ok ? [] : loaded.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it('a level that is none is ignored in the environment, and said', () => {
    const loaded = parse('{}', { PLLAN_LOG_LEVEL: 'loud' });
    expect(loaded).toMatchObject({
      ok: true,
      config: { logging: { level: 'info' } },
      warnings: [{ path: 'PLLAN_LOG_LEVEL', message: expect.stringContaining('ignored') }],
    });
  });

  it.each([
    [{}, {}, 'error'],
    [{ PLLAN_LOG_LEVEL: 'debug' }, {}, null],
    [{}, { 'log-level': 'debug' }, null],
  ])('with %j and %j the level of the console is %j', (env, flags, consoleLevel) => {
    const loaded = parse('{logging:{consoleLevel:"error"}}', env, flags);
    expect(loaded).toMatchObject({ ok: true, config: { logging: { consoleLevel } } });
  });

  it('never repeats a secret in an issue', () => {
    expect(
      JSON.stringify(issues('{gateway:{auth:{token:["hunter2hunter2"], mode:"hunter3"}}}')),
    ).not.toContain('hunter2');
  });
});

describe('mcp.servers', () => {
  it.each([
    '{}',
    '{a:{command:"x",args:["1"],env:{A:"b"},cwd:"~/c",enabled:false,timeoutMs:1}}',
    '{"A-1_b":{url:"https://host:1/mcp?x=1",headers:{"X-Key":"v"}}}',
  ])('takes %s', (servers) => {
    expect([...valid(`{mcp:{servers:${servers}}}`).config.mcp.servers.values()]).toHaveLength(
      servers === '{}' ? 0 : 1,
    );
  });

  it.each([
    ['{a:{}}', 'mcp.servers.a', 'must have one of command and url'],
    ['{a:{command:"x",url:"http://h/"}}', 'mcp.servers.a', 'must have one of command and url'],
    ['{a:{url:"http://h/",args:[]}}', 'mcp.servers.a', 'args, env and cwd go with command'],
    ['{a:{command:"x",headers:{}}}', 'mcp.servers.a', 'headers go with url'],
    ['{a:{url:"ftp://h/"}}', 'mcp.servers.a.url', 'must be an http or https address'],
    [
      '{a:{url:"http://h/",headers:{x:"a\\nb"}}}',
      'mcp.servers.a.headers',
      'must be headers that can be sent',
    ],
    ['{a:{command:"x",args:["\\u0000"]}}', 'mcp.servers.a.args[0]', 'must not have NUL characters in it'],
    ['{a:{command:"x",shell:true}}', 'mcp.servers.a.shell', 'unknown key'],
    ['{a:{command:"x"},A:{command:"x"}}', 'mcp.servers', 'must not have two names that differ in case only'],
  ])('refuses %s', (servers, path, message) => {
    expect(issues(`{mcp:{servers:${servers}}}`)).toEqual([{ path, message }]);
  });

  it.each(['a__b', 'a_', '_a', 'a.b', ''])('takes no server of the name "%s"', (id) => {
    expect(issues(`{mcp:{servers:{"${id}":{command:"x"}}}}`)).toHaveLength(1);
  });
});
