export interface KeyConditions {
  readonly StringLike: { readonly [key: string]: string | readonly string[] };
}

/** The service through which a key may be used; in China its name ends in `.cn`. */
export const serviceIn = (service: string, region: string): string => `${service}.${region}.amazonaws.com*`;

/** The conditions under which a key may be used: through S3 of a region, for these buckets or objects. */
export function viaS3(region: string, contexts: readonly string[]): KeyConditions {
  return {
    StringLike: {
      'kms:ViaService': serviceIn('s3', region),
      'kms:EncryptionContext:aws:s3:arn': contexts.length === 1 ? contexts[0] : contexts,
    },
  };
}
