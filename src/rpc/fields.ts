/** A decoded message: the schema says which fields there are, the functions below that they have the type expected. */
export type Message = Readonly<Record<string, unknown>>;

export function messageOf(value: unknown): Message {
  if (!isMessage(value)) throw new TypeError('not a message');
  return value;
}

export function textField(message: Message, name: string): string {
  const value = message[name];
  return typeof value === 'string' ? value : wrong(name, 'string');
}

export function bytesField(message: Message, name: string): Buffer {
  const value = message[name];
  return Buffer.isBuffer(value) ? value : wrong(name, 'bytes');
}

export function numberField(message: Message, name: string): number {
  const value = message[name];
  return typeof value === 'number' ? value : wrong(name, 'number');
}

export function flagField(message: Message, name: string): boolean {
  const value = message[name];
  return typeof value === 'boolean' ? value : wrong(name, 'bool');
}

export function textListField(message: Message, name: string): readonly string[] {
  return listField(message, name).filter((part) => typeof part === 'string');
}

export function messageListField(message: Message, name: string): readonly Message[] {
  return listField(message, name).map(messageOf);
}

/** A field of message type, which is null when it was not sent. */
export function optionalMessageField(message: Message, name: string): Message | undefined {
  const value = message[name];
  return value === null || value === undefined ? undefined : messageOf(value);
}

function listField(message: Message, name: string): readonly unknown[] {
  const value = message[name];
  return Array.isArray(value) ? value : wrong(name, 'list');
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null;
}

function wrong(name: string, type: string): never {
  throw new TypeError(`message field ${name} is no ${type}`);
}
