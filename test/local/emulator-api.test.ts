import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { all, EmulatorApi, EmulatorError, parseXml, text } from '../../integ/local/emulator-api';

const ANSWER = `<?xml version="1.0"?>
<ListThingsResponse xmlns="http://example.com/">
  <ListThingsResult>
    <Things>
      <member><Name>a &lt;b&gt; &amp; &quot;c&quot; &#169;&#xa9;</Name><Empty/></member>
      <member><Name>second</Name><Empty></Empty></member>
    </Things>
  </ListThingsResult>
</ListThingsResponse>`;

describe('an answer in XML', () => {
  test('is read with its lists and entities', () => {
    const things = all(parseXml(ANSWER), 'ListThingsResponse/ListThingsResult/Things/member');
    expect(things.map((thing) => text(thing, 'Name'))).toEqual(['a <b> & "c" ©©', 'second']);
  });

  test('has an empty text where an element is empty or missing', () => {
    const [thing] = all(parseXml(ANSWER), 'ListThingsResponse/ListThingsResult/Things/member');
    expect([text(thing, 'Empty'), text(thing, 'Missing')]).toEqual(['', '']);
  });
});

describe('a call', () => {
  let received: { headers: http.IncomingHttpHeaders; body: string }[];
  let status: number;
  let server: http.Server;
  let api: EmulatorApi;

  beforeEach(async () => {
    received = [];
    status = 200;
    server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(status).end(request.headers['x-amz-target'] ? '{"a":1}' : ANSWER);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    api = new EmulatorApi((server.address() as AddressInfo).port, 'eu-west-1');
  });

  afterEach(() => server.close());

  test('of the query protocol is a form, and its result is returned', async () => {
    const result = await api.query('things', '2020-01-01', 'ListThings', { 'Of.1': 'a&b' });
    expect(all(result, 'Things/member')).toHaveLength(2);
    expect(received[0].body).toBe('Action=ListThings&Version=2020-01-01&Of.1=a%26b');
  });

  test('names its service and its region as a signed one does', async () => {
    await api.get('route53', '/2013-04-01/hostedzone');
    expect(received[0].headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/eu-west-1\/route53\/aws4_request, /);
  });

  test('of a JSON protocol names its target', async () => {
    expect(await api.json('acm', 'CertificateManager.ListCertificates', { MaxItems: 1 })).toEqual({ a: 1 });
    expect(received[0]).toMatchObject({
      headers: { 'x-amz-target': 'CertificateManager.ListCertificates', 'content-type': 'application/x-amz-json-1.1' },
      body: '{"MaxItems":1}',
    });
  });

  test('that is refused says how', async () => {
    status = 400;
    const refused = api.query('things', '2020-01-01', 'ListThings');
    await expect(refused).rejects.toThrow(EmulatorError);
    await expect(refused).rejects.toThrow(/^things answered 400: <\?xml/);
  });
});
