/** What the app `opened.ts` is made with, and its test looks for. */
export const OPENED = {
  token: 'the-token-of-this-test',
  webhookSecret: 'the-webhook-secret-of-this-test',
  people: ['127.0.0.2/32', '127.0.1.0/24', '127.0.2.0/24', '127.0.3.0/24'],
  forge: ['127.0.0.3/32', '127.0.4.0/24', '127.0.5.0/24', '127.0.6.0/24'],
};
