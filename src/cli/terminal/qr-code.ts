import { renderUnicodeCompact } from 'uqr';

/** What an authenticator reads from the drawing: RFC 4226's parameters, which for AWS are the defaults. */
export function otpUri({ secret, account, user }: { secret: string; account: string; user: string }): string {
  const label = encodeURIComponent(`Amazon Web Services:${user}@${account}`);
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent('Amazon Web Services')}`;
}

/** A QR code for a terminal: two rows a line, with the quiet border that scanners want. Its blocks are the light parts. */
export function drawQrCode(text: string, colours: boolean): string {
  const drawn = renderUnicodeCompact(text, { border: 2 });
  // White on black, whatever the colours of the terminal are.
  return colours ? drawn.replace(/^.*$/gm, '\u001b[97;40m$&\u001b[0m') : drawn;
}
