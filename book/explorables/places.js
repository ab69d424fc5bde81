// A digit is moved over a canvas, and two networks that learned it at one place read it: a dense and a convolutional one.
{
const N = 14, D = 8, M = N - D + 1, HOME = 3, CHANNELS = [1, 6, 12, 20], HIDDEN = 24;
// Whole numbers from -127 to 127 and the scale of each layer, as tools/places.py trained and rounded them; pixels from 0 to 16.
// Begin of the stored numbers.
const STORED = {
  hidden: [0.006947, "AAn5Cfz+B/4B9wUB/Qb8//n++vsF/AAKCQUB/PkJAPgCBgII9wH/9wMHAvsHAOrW+vDv6EoG+vgHBwjO2r4IJ+/RNwMGCfkACDDo1jxTCCwl+wX6B/cHOucP9gIzUSj++AP+BQP/VS8fOlRLCvv79/sFBB07N140+Rcf/f/9+Pr8HeTpSQDpLkUIBAD3APr+2dTU7CEwXP78B/gF+v77B/4KAwQA/P4J+goF/QP+/gD2AAn8Bf/6CPb8CvsHAgYD/QX2//0A+foB/gYCBwUC/Ab79wkBBgEC9/oEAfkJ+QD5BPz59/n6Af8JCQYDBwn2+P06OjUHMm4jAwL3/wT5xRYHGkILGRf2B/f4CQUuHPAiWh7pEQL4+P/4AysMJTJPLRPM9vcJAwn9BbXe6+4tD/4CCf8H9/7ygYix9trozPf6+Qr2/RvitwoU1Blz+/wHBfgGNDdFGwIRMWoB+gb8CAD8+QD+AgD3B/cHBgkD+f//A/4E+v0B//gJBAf9CQYK+gD+Avv4AAP+Cv78Bv/7/AkJA/wE+vwB/v0K+QL3+PoKBQf3BP/+BPwA+/4B+fv+/wYDAQf6w9732LikwwH+CAf6+d7Y3AwFDNfE+QT+/An7IChJYgtvVRcGCAgI+P43OEz5vEdgC/n8Af0I+gFBNtC0DjX+9vkF+Pz7FT0wPhn/8xUBCAX+AP8QGRcyPwzhPwT9AgX5/R3L4fUrHEVUBAQCBgD6+AgF+gb8A/36+ff39/gHAPkBAQD6/wf+AAn7BQAG/QH9BwgDCgUHCPsK/gD6Bv0E+v3++/cFCfr5/fgD/QEIBwgJAgD3+AAH//b6Bfn6/AIH+gIB/+/3GTIiukkKAPwC/fgwJRj/Kz4kHAb7BwT6A1T/uM5gMkXx/fwE+QD9Gbqf2hzp0ecF//wDCQb8v9NGZsqe//v9Cgn4/OgfaF1B/M3u/AX9/P75BzA7HyJRIhwF+PkFBPopFOUIGDkzOwMC9wIF+QIG+ggJBAf7Awn3BvsGAwb+/wn3+QoI+Qr7CAj29v0JBv4H/P36CQb/+wn++v4EBfgJBPcHCQf2/wIIAPgJCQD3BwUJ9v/8+AX99/kGAvoE+QMD9gAhLxQZSnG29/r89/gAxuT/KC/88dr5+gP7+v0UE/dBAb2g6AT9CQf89zxTRy0f3NMMBPoCAQP4+FU50u9TcwUDAQT8B/4Nw56jCic1xwAIBvj6/vLR0vQt/MwlBwIA/fn/6ho0KRb24R38A/0G+f8H/wL4/AkD/QAGBgf8+wMBAfr8Bf0F9wn6AAj7+woIAfcC+/oJAv/3/Qf8/AL7AQX8/wL9+vgBCfYHCQEJBAH//wT7BAAECfv++/cCAwoC/gj2/AX5XFINAzBPXPz6AAAJBcIsFigKvfFT/f79BwkH0/YW782DtBABBgMC+/jd+PXGFPDjJgYD9wD6BwgyGwkuIh4FCfsBAf0FFAQLchjZBy4C+PkEBwM7LRpmEAEU9Aj8Cvz7/S9fUhbuAycaBwP+BgL6Bv8IA/kFAgH+A/cACfr5/gD+AAQG9/4C9gkDAP/59wQJBvb3AAECCAgK/f8KBPcIAvr9AgP+BQEKB/n4BwIK//r3BfgDAQUJ+wAF+vj5CQb69gP8+/r8+QX+CAMIAAIB9gn5AAEC/P4G/QMH9wD2+fcH+/wC/wUABAf4//gB/Ab++AT68vv+9vn8/f/8+Pv5AQHy+fj9/QUFCAT+Bv/69/IJBf4IBf8JCAP79vP69vcFCQQIBwMA/fz59P0AAgX99vr8Af4D+v/2BAcHCPoKAfr49wMDBgMA+QX2A/n5CAkE+//9+Pv3Cfv++wMBBfb6AgIH+P3+AP0F+Pf8+P4C+P8BAfcFBPz/BQf7Bf4JCP39AAn5AQME9wL77xkxCkJlAP/7AQf3RAMqEs8DNF0C+Qb6APveyuy02OjXPf0C/Qj59tLaF0NSDuP9/fkH/QMACtopTUBbbPgJ/gAGCfv8EeWt7Wt8FwgIBfgBAgzs8smt8T29+/cCAf/2/OYAEQ/81a0CAgIKAvkJ/AH/Bvj9/wII/P0D+gD8AgIE//v2Avr2/fsE/P0FBPkCCQgH/An6/vgBBAT2CvwFCQYAAfn+BgQDBP0K/foD+QoC+PYC9/f+/wf5B/4H+ff/+gAGCPP3+PX/9/r3/wn5CPwBA/4A/gkG/vz5APv7CAD9A/z6AAL6/AH6CPcIBf72AvsA/PoJ9/cGBvwCCP7/+gX5A/r9/AcC/fwD/fb5A/j2AvoG9voD+fr49/YO/PgI+QUDBAX68vr7/wr4AAH2Bv3/+f7/Avf/AAkCBP8ACv4KAggCBgb+/Qn9BvoA/vv7CQP/AQcE+foIAQL5+fr8Af0E/wAJ9wMF+gf4Bvr//gED9wYBCPn/CQMA/wj2Cv8GAAf4/wUKABsZNP+xmeUICgUH/fi9FxwYLw7D7QD7CfwBCt4AH+3dICftAwMCCf/42fXnqbYdMev9BvoK/QMCIxHYrtYl+vcD/AH7BNL5Uy+kyzRBBwUJAP8B+/U5VyhDSP4HCfsC/gQiNR8XIEVMBgUCAgf9APv/+f0D/AMGA//+9wUJ+wQCBgT6+f36AvgEBvcIBvcB9wD4Avf4CQYDBvr4/AUFBP4ABQL6/wkJ+Pj3AAgA/Qj7AQgH+fz+BQQB/vwCBv389vj5/wbtFdrzN/6vCQH//v0HSOfo/uTh2toIAfsA/AM1I1Bm8qas+Qn5CPkC9jFPQVgT7MIj/Qf6AfoC+yUlES346wT5APf5/AQn/iQ9VCXU0vcJ/gj7AvELE+0cDcIKAfb5/Pf70fYMAhn/4R32+/z6+gP6+vv/+gAJBgUJCAEE/QEIAP4D//j++QgF//f4+wD4/fr4+PgH+vgHCQX3+fn4APcG/vr4AQYC+wYAAggE+AT8BgEB+fYK9/f/CQEKBAYGCQn9BAAKDRUVE/4UpgQK/QEB+S8/MPj5IDLA9v79/f73NzcmA0hXPwAB+P/3Cff8vP9oVzvK4fj8BwQJB/qMu0n7tJcB+QEIAQoJ8bmvztvCwOj5+goG/AkOOgLXEBAvKwD//fv4BA8dGChGQ0EN/Pb/AP/3+fv++v38+AgCCgIC/Qb/B/8FA/74+///+vv8Afj+BAcACQUG+QD3A/wI+ff++QH/9vv5+goCBv76/QT+9gEABPcI//38B/v8CP/3+AX8/PwKAAgGBu4B8/vow8AACgIC9/c96SAHyfbzzP4H+wEGB8wkWzWd3PflAwj+Bgj3yUg/JMjz2RAIB/j+//wIOC4X8tTtAPcA9/wI/eg6ZC8VPCUx/v359wH9xhlRChVRE6f/Bvn5BQjL8PoeMh4DmAgIBQr8+AP7BPf9Awn4/wn3/wUAB/789gAKCPb39wf9+wX9/gQI+vr6CQEG+gf8AvoABfkJBwQF/Pj8+f0F+fcGCf76CPf9BgUFAAT8BwYJBQX6AfcIBgEHB/0D9fMB9v4ACQYBBvv4+wL5Bf39BQD5+v/7+v0GA/f18/L5+gD5AwEIBvj8+fL9BfX2+v/7BPsH+fUF8wHz9QMHAgoK+f//9f8DAAH3AfoFCQAABQj0AQP2+PoC/wH+/vwDCQr68v4FBAH9+P8DBAMG+AD/AP8C+Pb/Av4A/gYG+QIA9/gGBPkCCAACBAEI+/r4//0A+QAA/AYAAgkIA/YD/PsC+QUG+fkJ9wYFBPcJ+gcA/Pn2+/j2AwoABgn4//77BAH5Cf37/wAH9/j8/QH8+wn9BPQBBAb//wr+A/gABf4A/vIC+/gD+vf/BPz69vLzAP0DCAYHCQP/9wT0+AADBv/9APf2AQADCPUE9gP0+gX6+Pv9CPsEA/L3A/z1AP4HBvwK9wj4BQMC+vgE/v4G/QEGBwQE+AEC+QgE+Pj4+QL4/vwDBAMCAQUA+vgCBgQEBvgH9wH++QH49wQI/wYJBf4J+/sDB/v89/j9+PYFCPn99v74AQQE+AYH+wr9+/kJCgb8+gYGBAoPOlEk788H9/gKAfggOUsOLlZG2gj4+QgHB+Ix9a0fTkXiCQYF+wb6u9239Q358933/gUH9v4J0tv07dnWCQQE+wT7B98JD6TLOSjm+QgKAAkJ7xsx2DJFJMcE+wcAA/8nLSQ6QBj0tP33AwkB9/0D+QD99wb8+gP//PgKAv8C/wYH/An8AwkE9wIH9/r+/gr4+gP4AgMB/v/9/v38+QECAQAGCPf+//j9/vf/+P76+PcA9v73BAP5/QX5BgMJAvf+BP/99wD1AfcCCAIH+AAD+QT/+wLyBPgF+fYCAQUH+/z++AIB+QT6/AH/AvsB9PL2/AP9+AoE/Pv5+AD0//r++fj2Bwf5+/8J+f3y8wH89wT6CAoJ+gID/vP3//n5AQcE+/r4+wIE9wEF+QYK+wEI+fcDAggDCAADB/7+BPf/+f/29wH8BAEAB/cJ+PcJ+f/9+wAI/gMJ//wABgQJ/Qn+9gMJ+wgH/Ab8AwD6//74CPz8Cf7+B/0JAP78/AoA9/gGCAn3+wcGRhwlN/Lq4PoF9gcD/LkrLB0T6vHhBQL6Af4GtPDktdS92f0EAfj+AgLEDN3M/cKn4wX49gr3Bwot++H9Dxv3Bgr5CAf64O/kyMEqZkAK+Qj7+ggVFioiOFBL0P76BQYIAy5OQTg2LhHKB/4HBwII+QkH/gYABvwD9woECAMECAr9/AUACgH49wX9/AT7/f4GBAj8CgH9CfoJ9vkB+wUC+//2CPf8CAABAwT8+AL/AgkB+v0I+/wJAAQJB/YABPn6BgUK9yxZDBUPSEcHBQH++gpCM0kd+g0aSPj4APv5B8MnVNi+Hwgo+v0C+v/83ypUA/s/YxcHAAYF+vz5IiMS9SJcAQIB/AgCChpRABQhBNLp/Pb8BAT290MR7uyrnt0DAQkE9wPLBUYFxqCmpwIJ9wX9+wYJCgn49gUF+QED/vn9/Pb7+wQDBPwC+AUJBQUBBf/7BgAJAgH3+gT/CQL7+/z6AfgC/wgI/Pr+AAQJCP4BAgj4Bvv4Cv0F/fwB+/v3BAj2/AcC+fuJq8rQ3bO5AwgG+PYJxIuMA/q3vsv2Bv339v4o7w9qP94IGQAG/wUD/08fQCYXFyAz/Qj5BAIBCDUr6CdBJvkBCPb++gQvPAlFXgfU6gAEBgkD+SI3yRlL499NAgH6BwIC7aOl1yEdM20FCgL//vcE/PYI+/gFBQUC9gEJ//wBA/wGB/b4APf6BwoH+QYCCvwI9voIAPoE/AL++PcIB//7+QkB9gMF/Ar3+AL//QQJBwX8/PoIBAL3B/kACf3/Cfz//v7//vgCE7z1QAL5/v0E/jYjEgMWFfVCB/0A+Ab52wMfABh0RjUBBQj/9wUFAVACHV5wGwAK+/kFB/cjMx4GO1P9+QD69wAJHU8UNiEK59H4A/8J/vn7Ku7y0pi48PgD+wUJB9S+6+nUqL7IBwkHCgL+BAcEAvkFCP8HAvsKBQoCBfsB/gQJAfb8AQYC+gIIAAcB9wr3/AMG+gcE+P8I/wf6BwT2+AUH/fsKBwr5APgE/vj5CAgJCAEAAgX6//4G9wP4AfoK+fz29//zAgD3CQD3Af74AQQA+wL2+gL6AwAGCvcB8/35+wH2AwgIAAP5+gXyBPf89vgHAwgDBPj28wPy9PTz/QII+fcJ+QUE+gb49QMD/Pf8AwH7/v3z//0DAgIFAgj6/AD5AvoBAvQOCgX7+wj3+AL7AAH+BvoF/gj5+/36/P4GBAYB/PkJA/r8Af/3/AEG+vv+/AcB+gAA+wIF+vz5/AYFCf74+QD4BPwA/v0H9wj4+PoHCvkBAvoF//v7A/cGBgH2BP4PFTIjaTBKAv4AAP744PwHEEQ/JjD3/gQBBvxD6rcCVPTr6/oF9/8G+yPbq/4o1MLkAfv3+PgD+OjrFUIMwwIDCQkF+QLpreIXHfPa1AcE/fwFA/3F+SAeHAI6AAn2/f0GHiMeIfMcFlwKAfgA+QH3BPf8B/j6/f0G+P4GBgj2Cv4ICv8A/woAA/8EBAUB//wBAQL3+AUF+AUJCQH5BgAIAfr49ggI+AT8CAn//gj8CAn6/gX7BP8JBwkCBfsE+PwDB/r7o8j25PTRugf3Bfz+CUO39AG+DQq9A/gF/f0FLAdJZPUN6toBAQUG/QH5EE5/Gwaj2/kGBfsB+/bQKEUE7bQJ+PgEBgD51Z423Ao6IAz6AQcJ+AXDui3bzjQp+AgDBf8BBce1vAZBO/fyBAL8+Pr+/P78CQAI+AYGA/8IBP8ICgP9+fwJAfwH/gQKAwX8B/0E9/8F+wEC"],
  hiddenBias: [0.001759, "VUtONVYX3n/RJWA+M+naYOFidUh07FA9"],
  output: [0.009017, "4MNTxBCy8c33Tr6mMgv6LPwbH80S9brnLTUT/yIF/Kbv0CL72wD6xuq3wCHoAywYAQD2QKdOEoP2Ubwl7gX0GAIow9Wj6h2Q4x+BKS/jBkb5ycT6uwsBOAo4s6ue9j7VM8811fgN/Pj3nSK+B+3rsfnQIUlHBLTSkCOznlRADRUK3C/1F/Tv9ewdOq2/D+3sLakB1+c3CD8EGAuoPPLytQAeuAmv9chCQhLCB/Aw+zAK2dC1pBH+2wqzSqpW9CSR28XgM7nVBQnpxygmNwgGHerMDL7sAgE+00b3vQSfGCwAFbVQzvznE/b6E8kmBdEQ"],
  outputBias: [0.001307, "HaS17hko0FvDgQ=="],
  conv0: [0.006851, "MdnByU1wIFVHfVusVN8o7Dwzp+X4zS88Qypuel41Vvy0VQ7sNnV//hrjEdTCaQQysmpgs1Wn"],
  conv1: [0.005671, "IOznJfG68/HE7ecjwg8ItAEbKQT2M/DgVRDTzA1L4B82DfsmK1JKSk1PDjQpRT7+Lk0O1PAG5DUI0syy9tIP/jX46uwpGwjV9vHC0uKz++3xETMSQCYVQizHNTsBRFxm997RQ0FXQs5C2sPq+04dOUUwUzj4UgnDVAgJUTBCER8CIlH+/UDGQdXvKs8kLwhSBMbZsd3ZFjBEpPb/5wXiQwAeQxwiIwfBg4s3SADS+88J6/MZ5UIo6Qkdo9U6MRj/IAfEZRjXIRMrJyvlWVEzJQzsMAQHoLIbvQ//+jE1LgwFXkoqWwLvO+gNrcjinv8T5QjzdEclQO/cDfweYzww0tUE9wAhyhwj6Sb9ITi2sLP48wEMVA4OtglQIOS8AdDwxNgs1P8sNzQvGEE+3NfZ4dDtV1ZOzrTclaUq/yBBseYQHtjyyOn14ADwNDwNMDYuQhoUMjL/yablxtYf++H1WDA84RAi5iMVS01P9P77CO4Y5DITJQ/fQjQIBwxJ3D0ywzDT8GlDC1D/BODiIQMJ+wbz4PmgMkLXAPMKDtMlNeaB99Hf/TZkGdr20y5T3VU9K+sOBOkm4iMWzvxL0UAYKUbr+v33PBEN8vwF4Q8sATMC9QMLw/feFPjGF9wgOeus8sci9gwyRvj6Hek1/R3MUs8Z2QkhAyWb3gcfON8TAbLDFwfcFSL55OHtKiYEKjk2r9dHZCLJ9tdL2EzgOB00JT4u+0RIuOkmpAcI1ScpNkInQkkTJVFGlcEQxusgEi4pzinl3O8wBffyHdIkA/dE1AcuDg4XDQPbUDq0D/DwMvEMCfzHzuoV5AzrROu08wfkFTUOyhkR8uwjOEZDv8gPNCcTJPpM9R7B"],
  conv2: [0.00587, "JggD6ukCz74NDBv+Ae3K5sC11fsMxOoe9O0ZCRi+ChvT4QTPASEO/P/uyg8WJivcLSTMHSTfEAwh+OHt/AL89v0N5PYF1O0PFfH92vj/9voWEgHc6QDf1PbJ7AcG8xEZASwqA9vi26n+tuP2vRMw1gwTDB3z0NoT4x0m3BUSMxH6LAPU9+XlxRce/QQQE/oTNwjyLt4JJAMh0NfJnPfhuKP0GgsUHQkXJSAKCP0EA+kWzewi5RMg2RMm6BsI0A3eDfz6/Of41P8H2QTYvK/L/gj6HfUHCwbuDAP64RIO0wIiDeYWGfzx5+zb2AL/DAsN7u0bBNv0MPe45w/G/QoK/gUEBeYGCOOw59C8+tzq9RwZ+f8f+eAhGQ/vAyIGzf4KCwMFzxsR2AL/3b8YxAUXD9HhAt275CLX7Tn2zxYnmNkZ/NEP2rjh7Pbt6O/kC/DrFtnXC8jQEBL8CgH7GxYFIfjhFP7HLuXNIgjvGQTtGv352NXp/fgYtMgAEPbhB/P6+goUHOvE/e3KAA4P4sTeAAUXHCET7+zWDewA++3l2sj3/PEm/x/9BATz8hEd2PkiIPol/P00x90gJSQpKgHoMu7fyv39vgv26+/lFwv6Si3sEfjw/iUUFh35G/rTDSAN9f4TyenkER0LCP8RDOQA5g32AwAIA90KEdzbD7sk8Oj7CPsHI+P47gHe+h/8+QAu7Ac0Fgsh38Xw8AHuBBMa2d4a49kQEiUT9toU6vsLBersKhMQDiQT5x71Jurs8KPvLxwgI/8Z/xr7TTP59wgNr+WnIR4jIA4MDhwF3Asr4AEhCwTc6ugO5wbeEP/X4g8l0u/UTgLQvMgLw/kg6ub/9/YB2c0WMDgiCMvWDN/xFhYl5gDhwNQACAn84REm4/cmqPQe4BbJ1uwSKiMjz/4K9CMb8PoMxsXdtufbqpnlCvT9DQIX+A0UAvgvIickHBb9IiH8IA/eDODn/jDY+ADi8fjmGvIWCN7f2eUABQgJ3tv32PnoBA/sEh8F+QsT+9v+9gEEESQSB8gg4eAGuNDaDs3c+x8g9fcL5QgjGQ8O0uHgydLew5rP1wJKBB0Z/A0P7gP53hYiCx3r0sff/w/vA+8DywQO+B3xINkB8RA06QCjB+naF90X2QX7FPLv6f8o+gseAxMWBPnkyc8VJA7u0u7zKRgN097SCBDdMSMG4RD29QcC4tTg1tbkISsW55PdJ9YQKj4apbgE1+/xEAj+Ee6D1r2b3tAY8q3N6wQl5cTM/KDdGy0NrLbxJD70/MqMxtSi6trqLzwo2LSnHQWW/8rI/u0GACn62ePk39bb8eUT7xQWIh0b2coFzJ3ODgMt9BIk7RUgAQgE1OwOyNsi8a0BCAsR/gkEAxPy3Qjy8CX7GzEKGha1KQP1Igvp7/4B+uIa5xPTDOK4DrQKBtDU8fkX3/Ui/BDszRgZ+RUW9SYCx6Y/48Uy9/MZBAjh9fmn4+3OCcsSA9cm7Sort+3PxwX0DvQN7Aj8zLLI9aq/p9T4qh4f1RUNGA3pEsHA6ez299ka8PEKxwQL2Bj7DfIKB94AJhcqAe/vDQMB/g4v/P0Z9PDg8NXz/vDw5+b9Df/VGgj1Dh7zJAvYGxjfDwfpI/zuFy3vDwXdBOnvKwT4HB7q6f3qxuPiCFdnB9/hHxHsDQ/a4vPbBiDl+wL37//YE7/kCeLk97C1Lf/47fsA2v7t8fb54fIzJf3JFd3d+BAJtuYLvgMOzAUr6bTa+LTm890NKh39JREV/R31KerxKgHxyt0OQAv5BevxCQfwMhbo/g76EOcAKRIH8OEHEP8ADQAM+xXhGvzd3vb+FBoBBO38yw8B9/XnJ+7uv98N2wMcxer0t/UK8PcqA/sHAg4Z5fwC8foE7ukI1AMP2dwW3Obn3erj4PTS2gcbuL/h6PjZEzA9vMPq9PsXKzc91+Dn6hcjGBgy0srl6/0b3AkWzd3w+t7c6fbe8Mrt1+L27QAB2/Yp3MAR4On/9PT9+tHh2uzI6CAg8Obw19nysccE7rHk7NrPp7XCxZ243xIu6/wd/fAR9izeGDfHKhXcxM/vA//99AX00OKlFRXNGSjB08jPBs3hANcQ0RIi6O4e79TpBCA7/Bsl//oT8NYn+7Ld/rSVBzktCyIzBCY9zP76ysHtCJvFBvgnEP4nDwrs9/os2CYNxvnu3BLzBvXnI/cxBvsn0xjg9vy8AycLIA8O5OknKxjFu7nFA9/cHh0fEBobDO4jNgHV/JYfpRhDJ74TpQAq8Rv/M7Us0QssyhzJBN7b8vst6TvzFAoQ8g73AAwF3vQSGAf5ERj/tZnQGgcBLAIGHh0HBwTria7KAgEAIRH7/Azg+/fPwevL9/QR5y/vtOQKDhAk2OD25e7/9e8CItzcFu/ZzOjqEu0M5+wSzfHp/N2/8AnyGicAFwYXHwPzvL/O3/jH+hX1DSL+7RAby530BZHv2Bvr8CER+jA07eXQIBXrDDMFiO/trhcjsBkzvMTK/gDoFhkLJq/Zx83dxPTbzpW2I/S4MS/zurzHvuAI5t82I9y/KuHhH+aBiZK4xKPT8LCkK+f0FJXQEJzvC+TOLcarMPKZ2QMG+g/wHhEODtHP86TcHwgvHB3wF/IN7bLtx/i/EfwGDSgGCgXy8vLz7sniARUqsgPK0L245Pj86wDv6wjxHrETHwUxHAkd6fMz+BoW/vwHifo1/BPIFeIYEPv//QIJ/+gE0vDo5fDdCO8j77XE4NK65OUOEvHeDuOtDPQGFhcQJzUXEBgbCwO5KgXE7fsgOiLfEQTtFyUS4OP2u7UgCwEULQbxIRASGQ7+KNy1FxHVDCPxAdr0FQwSLvblCCbvC93FEPPAwNDeLzPeDfqvAw/sAeoFFioU"],
  head: [0.004944, "zEA33xJECwzhGDjEF9P9sjlM1qRIrCREMOUW27DQ4zIDClm8ECqgGxvH3BIg2jUl0j3jBs+9njMeQUXL4Qhs8hXCxN1eGLUuzPegOAEF3xr/RPgS8rUOtahEtsAVbwMg3rYh9RfR3gbPZLH/N9stGRPGQNooiwb35O3DT7XbRk+5/x7RWgsYtqHDt0rJFr4QPc2iw8feYyQAzb8qzi74CwUA9RnH9wRU/NgV/sTgNkiB+Mn04CC2KfTxMgpCg9MfwRIW/BVVKuc="],
  headBias: [0.001659, "4HOy9pBMnLt/vA=="],
  digits: "AAAEDgsAAAAAAw8PEAkAAAAIDQADDwEAAAgMAAAIBgAACAwAAAgIAAAFDQEACAgAAAIPDgwPBgAAAAUQDwgAAAAAAhAKAAAAAAADEBABAAAAAAUQDgAAAAAAAxANAAAAAAABEA8AAAAAAAEQEAAAAAAAAhAPAgAAAAAADxALAAAAAAMNDAIAAAAADg0PCwAAAAAHAAgPAAAAAAAADQYAAAAAAAMQBAAAAAAADQsAAAAAAAMQDAgBAAAAAxALCAAAAAMMDxAQAwAABhAJCRAGAAAAAwALDwEAAAAABBAHAAAAAAAHEAQAAAAAAAANCwAAAAAEBQ8OAAAAAxAQDwYAAAAAAAUQAwAAAAABDxAEAAAAAAoQEAEAAAADEBAPBAIAAAoQEBAQDAAAAQcODQYFAAAAAAsMAAAAAAAABAoAAAAAAQ0PDAwFAAAEEAgIBgAAAAcNAAAAAAAACA8NDwcAAAABBgUIDAAAAAAAAAwLAAAAAAINDgEAAAADDgoBAAAAAAABCQ0BAAAAAQwOBQAAAAACEAUAAAAAAAUPAAMAAAAAAxAQEA8DAAACEAsBCQsAAAALDQYMCwAAAAAGEA8CAAAABQoLDQwAAAIOCAgNCgAAAQYABA0AAAAAAAEPAgAAAAAACw8IAQAAAg8PCAcAAAABCQwAAAAAAAAHCwAAAAAAAAoHDQkAAAAACQoMDwIAAAAECwoLAAAAAAEQCgEAAAAADA0EAAAAAAAMAQwAAAAAAQoCDgAAAAAACw4FAAAAAAAIEAoCAAAAAAwNDgsAAAAACg0IEAIAAAAEDw8QCAAAAAADCAsNAAAAAAAABRAEAAABAgIHEAUAAAMOEBALAQ==",
};
// End of the stored numbers.
const bytes = (text) => Int8Array.from(atob(text), (c) => c.charCodeAt(0));
const weights = Object.fromEntries(Object.entries(STORED).filter(([name]) => name !== "digits").map(([name, [scale, text]]) => [name, Array.from(bytes(text), (v) => v * scale)]));
const pixels = bytes(STORED.digits);

function softmax(scores) {
  const top = Math.max(...scores), powers = scores.map((z) => Math.exp(z - top)), total = powers.reduce((sum, v) => sum + v, 0);
  return powers.map((v) => v / total);
}

const linear = (x, w, out, bias) => Array.from({ length: out }, (_, k) => x.reduce((sum, v, i) => sum + v * w[k * x.length + i], bias[k]));

const dense = (canvas) => softmax(linear(linear(canvas, weights.hidden, HIDDEN, weights.hiddenBias).map((z) => Math.max(z, 0)), weights.output, 10, weights.outputBias));

// 3 x 3 kernels over maps of N x N with a frame of zeros, then ReLU: what is zero is added nowhere.
function layer(maps, w, from, to) {
  const out = Array.from({ length: to }, () => Array(N * N).fill(0));
  maps.forEach((map, c) => map.forEach((value, at) => {
    if (value === 0) return;
    const row = Math.floor(at / N), column = at % N;
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) {
      const p = row + 1 - i, q = column + 1 - j;  // the output whose kernel has this pixel under (i, j)
      if (p < 0 || p >= N || q < 0 || q >= N) continue;
      for (let f = 0; f < to; f++) out[f][p * N + q] += w[((f * from + c) * 3 + i) * 3 + j] * value;
    }
  }));
  return out.map((map) => map.map((z) => Math.max(z, 0)));
}

function convolutional(canvas) {
  let maps = [canvas];
  for (let l = 0; l < 3; l++) maps = layer(maps, weights[`conv${l}`], CHANNELS[l], CHANNELS[l + 1]);
  return softmax(linear(maps.map((map) => Math.max(...map)), weights.head, 10, weights.headBias));
}

function paste(digit, row, column) {
  const canvas = Array(N * N).fill(0);
  for (let i = 0; i < D * D; i++) canvas[(row + Math.floor(i / D)) * N + column + (i % D)] = pixels[digit * D * D + i] / 16;
  return canvas;
}

const best = (values) => values.indexOf(Math.max(...values));
const everywhere = {};  // of each digit, what both read at each of the places: computed once
function readings(digit) {
  return (everywhere[digit] ??= [dense, convolutional].map((network) => Array.from({ length: M * M }, (_, at) => best(network(paste(digit, Math.floor(at / M), at % M))))));
}

function compute({ digit, x, y }) {
  const place = (v) => Math.min(Math.max(Math.round(v - D / 2), 0), M - 1), row = place(N - y), column = place(x), canvas = paste(digit, row, column);
  return { row, column, canvas, probabilities: [dense(canvas), convolutional(canvas)], readings: readings(digit) };
}

const NAMES = ["dense network", "convolutional network"], CENTER = { "text-anchor": "middle", dy: "0.35em" };
const bare = { bare: true, margin: { left: 0, right: 0, top: 0, bottom: 0 } };
const box = (x, y, width, height) => [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];

function drawCanvas(panel, { row, column, canvas }) {
  canvas.forEach((v, at) => panel.area(box(at % N, N - 1 - Math.floor(at / N), 1, 1), "ink", { style: `fill-opacity: ${v}; stroke: var(--faint); stroke-width: 0.4` }));
  panel.area(box(HOME, N - HOME - D, D, D), "ink", { style: "fill: none; stroke-width: 1.5; stroke-dasharray: 5 4" });
  panel.area(box(column, N - row - D, D, D), 3, { style: "fill: none; stroke-width: 3" });
  panel.words(HOME, N - HOME + 0.3, "learned here", { class: "words small" });
  panel.handle("The digit", ["x", "y"]);
}

function drawAnswers(panel, { digit }, { row, column, probabilities, readings: read }) {
  probabilities.forEach((values, k) => {
    const base = 104 + 122 * k, high = 62, answer = best(values), right = answer === digit;
    panel.words(10, base - high - 22, `${NAMES[k]} reads ${answer}: ${right ? "right" : "wrong"}`, { dy: "0.35em", class: `words color-${right ? 0 : 1}` });
    values.forEach((v, label) => {
      const x = 10 + 26 * label;
      panel.area(box(x + 3, base - high * v, 20, high * v), label === digit ? 0 : 1, { style: "fill-opacity: 0.6; stroke: none" });
      panel.words(x + 13, base + 11, label, { ...CENTER, class: "words small", style: label === digit ? "font-weight: bold" : "" });
    });
    panel.line([[10, base], [270, base]], "ink", { style: "stroke-width: 1" });
    read[k].forEach((label, at) => {  // where it reads the digit
      const x = 286 + 15 * (at % M), y = base - high - 34 + 15 * Math.floor(at / M) + 6, here = at === row * M + column;
      panel.area(box(x, y, 15, 15), label === digit ? 0 : 1, { style: `fill-opacity: ${label === digit ? 0.55 : 0.12}; stroke: var(--faint); stroke-width: 0.7` });
      if (here) panel.area(box(x, y, 15, 15), 3, { style: "fill: none; stroke-width: 3" });
      panel.target([[x + 3, y + 7.5], [x + 12, y + 7.5]], (p) => Object.assign(p, { x: (at % M) + D / 2, y: N - D / 2 - Math.floor(at / M) }), 15);
    });
  });
  panel.words(10, 276, `Bars: the probability of each digit; blue is the true one.`, { class: "words small", dy: "0.35em" });
  panel.words(10, 298, `Squares: the ${M * M} places; blue where the digit is read right.`, { class: "words small", dy: "0.35em" });
}

const axis = (label, set) => ({ label, min: 0, max: M - 1, step: 1, get: (p) => compute(p)[label.toLowerCase()], set });

window.explorables.places = {
  start: { digit: 7, x: 10, y: 7 },
  controls: {
    digit: { label: "Digit", options: [..."0123456789"], get: (p) => String(p.digit), set: (p, value) => { p.digit = +value; } },
    column: axis("Column", (p, v) => { p.x = v + D / 2; }),
    row: axis("Row", (p, v) => { p.y = N - D / 2 - v; }),
  },
  handles: true,
  panels: [
    { ...bare, title: "The canvas", x: [-1.75, N + 1.75], y: [0, N] },
    { ...bare, title: "What the networks read", x: [0, 400], y: [320, 0] },
  ],
  weights, pixels,
  compute,
  draw([canvas, answers], p, result) {
    drawCanvas(canvas, result);
    drawAnswers(answers, p, result);
  },
  say({ digit }, { row, column, probabilities, readings: read }) {
    const [first, second] = probabilities.map(best), count = (k) => read[k].filter((label) => label === digit).length;
    return `The ${digit} stands at row ${row}, column ${column}; it was learned at row ${HOME}, column ${HOME}. The dense network reads ${first}, the convolutional one ${second}. `
      + `Of the ${M * M} places they read this digit at ${count(0)} and ${count(1)}.`;
  },
};
}
