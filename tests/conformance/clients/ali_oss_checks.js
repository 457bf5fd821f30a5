// ali-oss against the server: node ali_oss_checks.js v1|v4, with NODE_PATH on the folder it is installed in.
// Prints a line of JSON for each check: its name, and the error if it did not hold.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Readable } = require('node:stream');
const OSS = require('ali-oss');

const settings = process.env;
const KEY = 'dir/a b+c é?&%.txt';
const PART_BYTES = 102400;

function clientFor(signature, more = {}) {
  return new OSS({
    // By name and not by address: the client signs no URLs for an address.
    endpoint: settings.OSS_ENDPOINT.replace('127.0.0.1', 'localhost'),
    sldEnable: true,
    region: `oss-${settings.OSS_REGION}`,
    authorizationV4: signature === 'v4',
    accessKeyId: settings.OSS_ACCESS_KEY_ID,
    accessKeySecret: settings.OSS_ACCESS_KEY_SECRET,
    bucket: settings.OSS_BUCKET,
    ...more,
  });
}

const checks = {
  async a_bucket_is_made_described_listed_and_deleted(client) {
    await client.putBucket('made-by-js');
    assert.equal((await client.getBucketInfo('made-by-js')).bucket.Name, 'made-by-js');
    const names = (await client.listBuckets({ 'max-keys': 100 })).buckets.map((bucket) => bucket.name);
    assert.ok(names.includes('made-by-js') && names.includes(settings.OSS_BUCKET));
    await client.deleteBucket('made-by-js');
  },

  async an_object_with_an_odd_key_and_metadata_comes_back(client) {
    const body = crypto.randomBytes(70000);
    await client.put(KEY, body, { meta: { mtime: 123 }, mime: 'text/x-odd' });
    assert.deepEqual((await client.get(KEY)).content, body);
    const head = await client.head(KEY);
    assert.deepEqual(head.meta, { mtime: '123' });
    assert.equal(head.res.headers['content-type'], 'text/x-odd');
    const ranged = await client.get(KEY, { headers: { Range: 'bytes=5-9' } });
    assert.deepEqual(ranged.content, body.subarray(5, 10));
  },

  async a_stream_is_put_in_chunks(client) {
    await client.putStream('stream', Readable.from([Buffer.from('one'), Buffer.alloc(200000, 'x')]));
    assert.equal((await client.get('stream')).content.length, 200003);
  },

  async both_lists_walk_all_pages(client) {
    const keys = [...Array(7).keys()].map((n) => `list/${n % 3} é/${n}`);
    for (const key of keys) await client.put(key, Buffer.from('x'));
    const found = [];
    let token;
    do {
      const page = await client.listV2({ prefix: 'list/', 'max-keys': 2, 'continuation-token': token });
      found.push(...page.objects.map((object) => object.name));
      token = page.nextContinuationToken;
    } while (token);
    assert.deepEqual(found, [...keys].sort());
    const page = await client.list({ prefix: 'list/', delimiter: '/', 'max-keys': 100 });
    assert.deepEqual(page.prefixes, ['list/0 é/', 'list/1 é/', 'list/2 é/']);
  },

  async parts_become_an_object(client) {
    const body = crypto.randomBytes(4 * PART_BYTES + 7);
    fs.writeFileSync('in', body);
    await client.multipartUpload(KEY, 'in', { partSize: PART_BYTES, parallel: 2 });
    assert.deepEqual((await client.get(KEY)).content, body);
    const { uploadId } = await client.initMultipartUpload('parts');
    await client.uploadPart('parts', uploadId, 1, 'in', 0, PART_BYTES);
    await client.uploadPart('parts', uploadId, 2, 'in', PART_BYTES, 2 * PART_BYTES);
    const listed = await client.listParts('parts', uploadId);
    assert.deepEqual(listed.parts.map((part) => part.PartNumber), ['1', '2']);
    const open = await client.listUploads({ 'max-uploads': 10 });
    assert.deepEqual(open.uploads.map((upload) => upload.name), ['parts']);
    await client.abortMultipartUpload('parts', uploadId);
  },

  async copies_appends_tags_and_links_work(client) {
    await client.put(KEY, Buffer.from('data'));
    await client.copy('copy', KEY);
    assert.equal((await client.get('copy')).content.toString(), 'data');
    await client.append('log', Buffer.from('one'));
    await client.append('log', Buffer.from('two'), { position: 3 });
    assert.equal((await client.get('log')).content.toString(), 'onetwo');
    await client.putObjectTagging(KEY, { k: 'v' });
    assert.deepEqual((await client.getObjectTagging(KEY)).tag, { k: 'v' });
    await client.putSymlink('link', 'copy');
    assert.equal((await client.get('link')).content.toString(), 'data');
  },

  async presigned_urls_work(client, signature) {
    await client.put(KEY, Buffer.from('signed'));
    const url = signature === 'v4'
      ? await client.signatureUrlV4('GET', 60, undefined, KEY)
      : client.signatureUrl(KEY, { expires: 60 });
    const answer = await fetch(url);
    assert.equal(await answer.text(), 'signed');
  },

  async many_objects_are_deleted_at_once(client) {
    await client.put('gone/1', Buffer.from(''));
    await client.put('gone/2 é&<', Buffer.from(''));
    await client.deleteMulti(['gone/1', 'gone/2 é&<'], { quiet: true });
    assert.equal((await client.listV2({ prefix: 'gone/', 'max-keys': 10 })).keyCount, 0);
  },

  async errors_are_the_clients_own(client, signature) {
    await assert.rejects(client.get('absent'), { status: 404, code: 'NoSuchKey' });
    const stranger = clientFor(signature, { accessKeySecret: 'wrong' });
    await assert.rejects(stranger.put('k', Buffer.from('')), { status: 403, code: 'SignatureDoesNotMatch' });
  },
};

async function main(signature) {
  const client = clientFor(signature);
  for (const [name, check] of Object.entries(checks)) {
    let error = '';
    try {
      await check(client, signature);
    } catch (caught) {
      error = String(caught.stack || caught);
    }
    console.log(JSON.stringify({ check: name, error }));
  }
}

main(process.argv[2]);
