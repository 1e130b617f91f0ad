import { table } from '../cost/model';

console.log(table());
