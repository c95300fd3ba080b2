import { describe, expect, it } from 'vitest';
import { documentName, inlineData, mediaUrl, omittedDocument, sourceOfUrl } from './media.ts';

const png = { type: 'base64' as const, media_type: 'image/png', data: 'AAAA' };
const pdf = { type: 'base64' as const, media_type: 'application/pdf', data: 'JVBE' };

describe('media', () => {
  it('goes to a data URL and back', () => {
    const url = mediaUrl({ type: 'image', source: png });
    expect(url).toBe('data:image/png;base64,AAAA');
    expect(sourceOfUrl(url!)).toEqual(png);
  });

  it('keeps addresses as they are', () => {
    expect(mediaUrl({ type: 'image', source: { type: 'url', url: 'https://a/b.png' } })).toBe('https://a/b.png');
    expect(sourceOfUrl('https://a/b.png')).toEqual({ type: 'url', url: 'https://a/b.png' });
  });

  it('has no URL and no bytes for a file of Anthropic’s', () => {
    expect(mediaUrl({ type: 'image', source: { type: 'file', file_id: 'f' } })).toBeUndefined();
    expect(inlineData({ type: 'file', file_id: 'f' })).toBeUndefined();
  });

  it('names documents and says which were left out', () => {
    expect(documentName({ type: 'document', source: pdf })).toBe('document.pdf');
    expect(documentName({ type: 'document', source: pdf, title: 'a.pdf' })).toBe('a.pdf');
    expect(omittedDocument({ type: 'document', source: pdf, title: 'plan' })).toBe('[document omitted: plan]');
    expect(omittedDocument({ type: 'document', source: pdf })).toBe('[document omitted: application/pdf]');
    expect(omittedDocument({ type: 'document', source: { type: 'url', url: 'https://a' } })).toBe(
      '[document: https://a]',
    );
  });
});
